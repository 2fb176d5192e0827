import { expect } from 'vitest';
import type { HoldfastError } from '../../../src/platform/errors.js';
import type { Options } from '../../../src/platform/options.js';
import type { Behaviour } from '../../generations/behaviour.js';

/** What a call throws. */
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
    name: 'names an argument that cannot be sent, and goes on',
    async run(stage) {
      const socket = await stage.connected();
      const circle: { self?: unknown } = {};
      circle.self = circle;
      expect(thrown(() => socket.emit('echo', 1n)).code).toBe('UNSERIALIZABLE');
      expect(thrown(() => socket.emit('echo', circle)).code).toBe('UNSERIALIZABLE');
      expect(await stage.ask(socket, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'refuses reserved names of events, and names that are none',
    async run(stage) {
      const socket = await stage.connected();
      expect(thrown(() => socket.emit('connect')).code).toBe('RESERVED_EVENT');
      expect(thrown(() => socket.emit({} as never)).code).toBe('BAD_EVENT');
      expect(await stage.ask(socket, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'names a wrong option, and says what is accepted',
    async run(stage) {
      const { code, message } = thrown(() =>
        stage.io('/', { reconnectionDelay: 'soon' } as unknown as Options),
      );
      expect(code).toBe('BAD_OPTION');
      expect(message).toContain('reconnectionDelay');
      expect(message).toContain('milliseconds');
    },
  },
  {
    name: 'names an address that is none',
    async run() {
      const { io } = globalThis as unknown as { io(address: string): unknown };
      expect(thrown(() => io('http://')).code).toBe('BAD_ADDRESS');
    },
  },
  {
    name: 'reports a listener that throws, and calls the others',
    alone: true,
    async run(stage) {
      const socket = await stage.connected();
      socket.on('said', () => {
        throw new Error('of a listener');
      });
      const said = stage.next(socket, 'said');
      const before = window.uncaught.length;
      socket.emit('say', 'word');
      expect(await said).toEqual(['word']);
      expect(await stage.ask(socket, 'echo', 1)).toEqual([1]);
      const reported = window.uncaught.splice(before);
      expect(reported).toEqual([expect.stringContaining('of a listener')]);
    },
  },
  {
    name: 'leaves the options of the caller as they were',
    async run(stage) {
      const options = Object.freeze({ query: Object.freeze({ who: stage.who, room: 'a' }) });
      const before = JSON.stringify(options);
      await stage.connected('/?x=1', options as Options);
      expect(JSON.stringify(options)).toBe(before);
    },
  },
];
