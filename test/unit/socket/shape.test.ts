import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { useManagers } from '../../support/fake-managers.js';

/** The engine's form of each connection's objects: one with slow properties takes 800 bytes more, and longer to read. */

setFlagsFromString('--allow-natives-syntax');
const isFast = runInNewContext('(value) => %HasFastProperties(value)') as (value: object) => boolean;

const managers = useManagers();

it('the engine keeps the properties of sockets, managers, connections and sessions in its fast form', async () => {
  const slow = Object.defineProperty({}, 'changing', { get: () => 1, configurable: true });
  for (let i = 0; i < 200; i++) Object.assign(slow, { [`p${i}`]: i });
  // The question can be answered with no.
  expect(isFast(slow)).toBe(false);
  for (let i = 0; i < 3; i++) {
    const { manager, socket, below } = await managers.joined({ retries: 1 });
    below.gives('message', '0{"sid":"a","pid":"b"}');
    below.gives('message', '2["news",1,"Q123456"]');
    socket.emit('hello');
    const parts: Record<string, object> = {
      socket,
      manager,
      connection: manager._connection,
      session: manager.engine,
      sender: socket._sender,
      namespace: socket._namespace,
    };
    for (const [name, part] of Object.entries(parts)) expect(isFast(part), name).toBe(true);
  }
});
