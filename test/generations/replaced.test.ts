import { describe, expect, test } from 'vitest';
import type { Socket } from '../../src/socket/socket.js';
import { Stage } from './fixture.js';
import { type Host, LocalBackstage } from './local-environment.js';
import { type ServerName, type Transport, transports } from './names.js';
import { type Running, start } from './start-server.js';

/** A server is renewed, or its renewal is taken back: at the same address is another generation than the one that is remembered. */

const renewals: readonly (readonly [ServerName, ServerName])[] = [
  ['2.5.1', '4.8.4'],
  ['4.8.4', '2.5.1'],
  ['2.5.1', '3.1.2'],
  ['3.1.2', '2.5.1'],
  ['1.3.7', '1.7.4'],
];
const patienceMs = 15_000;

async function replace(
  [before, after]: readonly [ServerName, ServerName],
  transport: Transport,
  meanwhile: (stage: Stage, change: () => Promise<void>) => Promise<void>,
): Promise<void> {
  let running: Running = await start(before);
  const { port } = running;
  const host: Host = {
    name: before,
    running,
    shared: () => Promise.reject(new Error('There is one server.')),
  };
  const stage = new Stage(await LocalBackstage.over(host), transport, patienceMs);
  try {
    await meanwhile(stage, async () => {
      await running.kill();
      running = await start(after, {}, port);
    });
  } finally {
    await stage.close();
    await running.kill();
  }
}

/**
 * What was remembered wrongly may cost a connection, and sockets with it; they must be gone again. A root namespace that was joined
 * twice is not: Socket.IO 2 forgets the first of the two, and never disconnects it.
 */
async function expectAlone(stage: Stage, socket: Socket): Promise<void> {
  let there = Number.NaN;
  for (let looks = 0; looks < 50 && there !== 1; looks++) {
    const { made, here } = await stage.account(socket);
    expect(made['/']?.at(-1)).toBe(socket.id);
    there = here['/'] ?? 0;
  }
  expect(there, 'sockets of the root namespace that stay').toBe(1);
}

describe.concurrent.each(renewals)('where %s was and %s comes', (...renewal) => {
  describe.concurrent.each(transports)('%s', (transport) => {
    test.concurrent('a client that was connected comes back', () =>
      replace(renewal, transport, async (stage, change) => {
        const socket = await stage.connected();
        const left = stage.next(socket, 'disconnect');
        const back = left.then(() => stage.next(socket, 'connect'));
        // Requests that Node repeats on its own would ask the new server for the old session.
        await stage.network.down();
        await left;
        await change();
        await stage.network.up();
        socket.emit('number', 1);
        await back;
        await expectAlone(stage, socket);
        expect((await stage.account(socket)).numbers).toEqual([1]);
      }));

    test.concurrent('a new client of somebody who was here before connects', () =>
      replace(renewal, transport, async (stage, change) => {
        const first = await stage.connected();
        first.disconnect();
        await change();
        const socket = await stage.connected();
        expect(await stage.ask(socket, 'echo', 'ü')).toEqual(['ü']);
        await expectAlone(stage, socket);
      }));
  });
});
