import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import type { Wired, WiredOptions } from '../../support/wired-socket.js';

/** The warning of the development build for arguments that JSON loses. */

const build = vi.hoisted(() => ({ DEVELOPMENT: true }));
vi.mock('../../../src/platform/build.js', () => ({
  get DEVELOPMENT() {
    return build.DEVELOPMENT;
  },
}));

const { emitWarning } = process;
let warn: MockInstance<typeof console.warn>;
/** A socket of a newly loaded page, without any warnings yet. */
let joined: (options?: WiredOptions) => Wired;

beforeEach(async () => {
  build.DEVELOPMENT = true;
  vi.resetModules();
  // As in a page: Node has warnings of its own.
  Object.assign(process, { emitWarning: undefined });
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  joined = (await import('../../support/wired-socket.js')).joinedSocket;
});
afterEach(() => {
  Object.assign(process, { emitWarning });
  vi.restoreAllMocks();
});

const warnings = (): string[] => warn.mock.calls.map(([text]) => String(text));
const lost = (where: string, kind: string): string =>
  `holdfast: ${where} is lost: JSON cannot represent a value of type ${kind}; send plain objects and arrays, or add a toJSON method`;

describe('a value that JSON loses', () => {
  it('causes a warning with event, argument and path, and is sent as the official client sends it', () => {
    const { socket, wire } = joined();
    socket.emit('chat', 1, { tags: ['a', new Set(['b'])] });
    expect(warnings()).toEqual([lost('argument 2.tags[1] of "chat"', 'Set')]);
    expect(wire.sent()).toEqual(['2["chat",1,{"tags":["a",{}]}]']);
  });

  it('causes one warning for each kind, whatever event it is in', () => {
    const { socket } = joined();
    socket.emit('a', new Map());
    socket.emit('a', new Map(), [new Map()]);
    socket.emit('b', new Map(), new Error('a'), { done() {} });
    expect(warnings()).toEqual([
      lost('argument 1 of "a"', 'Map'),
      lost('argument 2 of "b"', 'Error'),
      lost('argument 3.done of "b"', 'function'),
    ]);
  });

  it.each<[string, (wired: Wired) => unknown]>([
    ['emit with a callback', ({ socket }) => socket.emit('a', new Map(), () => {})],
    ['emitWithAck', ({ socket }) => void socket.emitWithAck('a', new Map()).catch(() => {})],
    ['volatile', ({ socket }) => socket.volatile.emit('a', new Map())],
    ['an idempotency key behind it', ({ socket }) => socket.idempotent().emit('a', new Map())],
    [
      'an emit that is kept',
      ({ socket, wire }) => {
        wire.linkDown();
        socket.emit('a', new Map());
        wire.linkUp();
        wire.accept();
      },
    ],
  ])('causes a warning with %s', (_how, emit) => {
    emit(joined());
    expect(warnings()).toEqual([lost('argument 1 of "a"', 'Map')]);
  });

  it('causes a warning with retries', () => {
    joined({ retries: 2 }).socket.emit('a', new Map());
    expect(warnings()).toEqual([lost('argument 1 of "a"', 'Map')]);
  });

  it('causes a warning with send, and in an acknowledgement', () => {
    const { socket, wire } = joined();
    socket.send(new Map());
    socket.on('ask', (answer: (...words: unknown[]) => void) => answer('a', { b: new Set() }));
    wire.receive('27["ask"]');
    expect(warnings()).toEqual([
      lost('argument 1 of "message"', 'Map'),
      lost('argument 2.b of the acknowledgement 7', 'Set'),
    ]);
  });

  it('cannot forge a console line by the name of its event', () => {
    joined().socket.emit('a"\nholdfast: all is well', new Map());
    expect(warnings()).toEqual([lost('argument 1 of "a\\"\\nholdfast: all is well"', 'Map')]);
  });
});

describe('there is no warning', () => {
  it('for values that JSON can express, attachments, and the callback', () => {
    const { socket } = joined();
    socket.emit('a', { b: [1, 'c', null, new Date(0)] }, new Uint8Array(1), new Blob([]), () => {});
    expect(warnings()).toEqual([]);
  });

  it('with a custom parser, which may support such values', () => {
    class Encoder {
      encode(packet: object): unknown[] {
        return [JSON.stringify(packet)];
      }
    }
    class Decoder {
      listener: (packet: object) => void = () => {};
      on(_event: string, listener: (packet: object) => void): void {
        this.listener = listener;
      }
      add(text: string): void {
        const type = Number(text[0]);
        this.listener(type === 0 ? { type, nsp: '/', data: JSON.parse(text.slice(1)) } : JSON.parse(text));
      }
    }
    const { socket, wire } = joined({ parser: { Encoder, Decoder }, alone: true } as WiredOptions);
    expect(socket.connected).toBe(true);
    socket.emit('a', new Map(), () => {});
    expect(wire.sent()).toHaveLength(1);
    expect(warnings()).toEqual([]);
  });

  it('in production', () => {
    build.DEVELOPMENT = false;
    const { socket, wire } = joined();
    socket.emit('a', new Map());
    expect([wire.sent(), warnings()]).toEqual([['2["a",{}]'], []]);
  });
});

describe('an emit', () => {
  it('reads each value once, and sends the result of that reading', () => {
    const { socket, wire } = joined();
    let reads = 0;
    const counter = {
      get value() {
        return ++reads;
      },
      nested: {
        toJSON: () => ++reads,
      },
    };
    socket.emit('a', counter, new Map());
    const inDevelopment = wire.sent();
    reads = 0;
    build.DEVELOPMENT = false;
    socket.emit('a', counter, new Map());
    expect(wire.sent()).toEqual(inDevelopment);
    expect(warnings()).toHaveLength(1);
  });

  it('throws for the same values as in production, and for no others', () => {
    const { socket, wire } = joined();
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const own = new Error('mine');
    const values = [
      revoked.proxy,
      1n,
      new Proxy({}, { getPrototypeOf: () => null, ownKeys: () => [] }),
      {
        get a() {
          throw own;
        },
      },
      {
        get toJSON() {
          throw own;
        },
      },
      new Proxy(
        {},
        {
          getOwnPropertyDescriptor() {
            throw own;
          },
        },
      ),
    ];
    const outcome = (value: unknown): unknown => {
      try {
        socket.emit('a', value);
        return wire.sent();
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    const inDevelopment = values.map(outcome);
    build.DEVELOPMENT = false;
    expect(values.map(outcome)).toEqual(inDevelopment);
    expect(inDevelopment).toContain('UNSERIALIZABLE');
  });

  it('is sent even if the console throws', () => {
    warn.mockImplementation(() => {
      throw new Error('no console');
    });
    const { socket, wire } = joined();
    socket.emit('a', new Map());
    expect(wire.sent()).toEqual(['2["a",{}]']);
  });
});
