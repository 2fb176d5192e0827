import { expect } from 'vitest';
import type { HoldfastError } from '../../../src/platform/errors.js';
import type { Options } from '../../../src/platform/options.js';
import type { Behaviour } from '../../generations/behaviour.js';
import { developmentIo } from '../page/builds.js';

/** Returns the error that a call throws. */
function thrown(call: () => unknown): HoldfastError {
  try {
    call();
  } catch (error) {
    return error as HoldfastError;
  }
  throw new Error('Nothing was thrown.');
}

export const input: Behaviour[] = [
  {
    name: 'names an argument that cannot be sent, and stays connected',
    async run(fixture) {
      const socket = await fixture.connected();
      const circle: { self?: unknown } = {};
      circle.self = circle;
      expect(thrown(() => socket.emit('echo', 1n)).code).toBe('UNSERIALIZABLE');
      expect(thrown(() => socket.emit('echo', circle)).code).toBe('UNSERIALIZABLE');
      expect(await fixture.ask(socket, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'refuses reserved and invalid event names',
    async run(fixture) {
      const socket = await fixture.connected();
      expect(thrown(() => socket.emit('connect')).code).toBe('RESERVED_EVENT');
      expect(thrown(() => socket.emit({} as never)).code).toBe('BAD_EVENT');
      expect(await fixture.ask(socket, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'names an invalid option, and says in the development build what is accepted',
    async run(fixture) {
      const options = { reconnectionDelay: 'soon', forceNew: true } as unknown as Options;
      const errors = [
        thrown(() => fixture.io('/', options)),
        thrown(() => developmentIo()(fixture.url, options)),
      ];
      for (const { code, message } of errors) {
        expect(code).toBe('BAD_OPTION');
        expect(message).toContain('reconnectionDelay');
      }
      expect(errors[1]?.message).toContain('milliseconds');
    },
  },
  {
    name: 'reports an invalid address',
    async run() {
      const { io } = globalThis as unknown as { io(address: string): unknown };
      expect(thrown(() => io('ftp://127.0.0.1')).code).toBe('BAD_ADDRESS');
    },
  },
  {
    name: 'reports a listener that throws, and calls the others',
    exclusive: true,
    async run(fixture) {
      const socket = await fixture.connected();
      socket.on('said', () => {
        throw new Error('thrown by a listener');
      });
      const said = fixture.next(socket, 'said');
      const before = window.uncaught.length;
      socket.emit('say', 'word');
      expect(await said).toEqual(['word']);
      expect(await fixture.ask(socket, 'echo', 1)).toEqual([1]);
      const reported = window.uncaught.splice(before);
      expect(reported).toEqual([expect.stringContaining('thrown by a listener')]);
    },
  },
  {
    name: 'does not modify the caller’s options',
    async run(fixture) {
      const options = Object.freeze({ query: Object.freeze({ client: fixture.client, room: 'a' }) });
      const before = JSON.stringify(options);
      await fixture.connected('/?x=1', options as Options);
      expect(JSON.stringify(options)).toBe(before);
    },
  },
];
