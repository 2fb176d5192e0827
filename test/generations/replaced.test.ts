import { describe, expect, test } from 'vitest';
import type { Socket } from '../../src/socket/socket.js';
import { Fixture } from './fixture.js';
import { LocalEnvironment, type SharedServer } from './local-environment.js';
import { type ServerName, type Transport, transports } from './names.js';
import { type Running, start } from './start-server.js';

/** A server is upgraded or downgraded: the remembered protocol version for its address is wrong. */

const replacements: readonly (readonly [ServerName, ServerName])[] = [
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
  meanwhile: (fixture: Fixture, change: () => Promise<void>) => Promise<void>,
): Promise<void> {
  let running: Running = await start(before);
  const { port } = running;
  const shared: SharedServer = {
    name: before,
    running,
    withSettings: () => Promise.reject(new Error('This test has only one server.')),
  };
  const fixture = new Fixture(await LocalEnvironment.open(shared), transport, patienceMs);
  try {
    await meanwhile(fixture, async () => {
      await running.kill();
      running = await start(after, {}, port);
    });
  } finally {
    await fixture.close();
    await running.kill();
  }
}

/**
 * A wrongly remembered version may cost a connection with its sockets, which must disappear. The root namespace must not be joined
 * twice: Socket.IO 2 forgets the first of the two sockets and never disconnects it.
 */
async function expectOneSocket(fixture: Fixture, socket: Socket): Promise<void> {
  let count = Number.NaN;
  for (let checks = 0; checks < 50 && count !== 1; checks++) {
    const { created, connected } = await fixture.record(socket);
    expect(created['/']?.at(-1)).toBe(socket.id);
    count = connected['/'] ?? 0;
  }
  expect(count, 'connected sockets of the root namespace').toBe(1);
}

describe.concurrent.each(replacements)('when %s is replaced by %s', (...replacement) => {
  describe.concurrent.each(transports)('%s', (transport) => {
    test.concurrent('a connected client reconnects', () =>
      replace(replacement, transport, async (fixture, change) => {
        const socket = await fixture.connected();
        const left = fixture.next(socket, 'disconnect');
        const back = left.then(() => fixture.next(socket, 'connect'));
        // Otherwise requests that Node repeats by itself would ask the new server for the old session.
        await fixture.network.down();
        await left;
        await change();
        await fixture.network.up();
        socket.emit('number', 1);
        await back;
        await expectOneSocket(fixture, socket);
        expect((await fixture.record(socket)).numbers).toEqual([1]);
      }));

    test.concurrent('a new client of a returning user connects', () =>
      replace(replacement, transport, async (fixture, change) => {
        const first = await fixture.connected();
        first.disconnect();
        await change();
        const socket = await fixture.connected();
        expect(await fixture.ask(socket, 'echo', 'ü')).toEqual(['ü']);
        await expectOneSocket(fixture, socket);
      }));
  });
});
