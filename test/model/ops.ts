import fc from 'fast-check';
import type { Options, SocketOptions } from '../../src/platform/options.js';
import type { Signal } from '../../src/platform/signals.js';
import type { Reply } from './application.js';
import type { Cut } from './network.js';

/** The possible actions of a program, a network and a server. */

export type Kind =
  | 'plain'
  | 'callback'
  | 'timeout'
  | 'promise'
  | 'promise with timeout'
  | 'signal'
  | 'promise with signal'
  | 'volatile'
  | 'volatile callback'
  | 'volatile promise';

export interface Emit {
  readonly kind: Kind;
  readonly nsp: number;
  readonly reply: Reply;
  /** Additional bytes. */
  readonly pad: number;
  readonly binary: boolean;
  /** Whether the callback with its outcome emits another plain event. */
  readonly again: boolean;
}

export type Op =
  | { readonly do: 'emit'; readonly emits: readonly Emit[] }
  | { readonly do: 'abort' | 'kick' | 'leave' | 'join' | 'clear' | 'news'; readonly which: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'sleep'; readonly ms: number; readonly ticking: boolean; readonly mailFirst: boolean }
  | { readonly do: 'latency'; readonly up: number; readonly down: number }
  | { readonly do: 'stall'; readonly up: boolean; readonly down: boolean }
  | { readonly do: 'cut'; readonly how: Cut }
  | { readonly do: 'refuse'; readonly refusing: boolean }
  | { readonly do: 'admit'; readonly admitting: boolean }
  | { readonly do: 'signal'; readonly signal: Signal }
  | { readonly do: 'restart' | 'leave all' | 'join all' };

/** The initial state of a run. */
export interface Setting {
  readonly transports: readonly ('websocket' | 'polling')[];
  readonly manager: Options;
  /** For each of `NAMESPACES`. */
  readonly sockets: readonly SocketOptions[];
  /** The initial delay to the server, in milliseconds. */
  readonly upMs: number;
  /** Whether listeners of `connect`, `disconnect` and `dropped` emit as well. */
  readonly talkative: boolean;
  /** Whether the program passes engine.io-client's long-polling class, instead of using holdfast's own. */
  readonly xhr: boolean;
}

/** The last one uses retries. */
export const NAMESPACES: readonly string[] = ['/', '/a', '/retries'];

const which = fc.nat(NAMESPACES.length - 1);

const emit: fc.Arbitrary<Emit> = fc.record({
  kind: fc.constantFrom<Kind>(
    'plain',
    'callback',
    'timeout',
    'promise',
    'promise with timeout',
    'signal',
    'promise with signal',
    'volatile',
    'volatile callback',
    'volatile promise',
  ),
  nsp: which,
  reply: fc.constantFrom<Reply>('at once', 'never', 700),
  // The server accepts at most 300 bytes.
  pad: fc.constantFrom(0, 0, 0, 100, 200, 400),
  binary: fc.boolean(),
  again: fc.nat(3).map((chance) => chance === 3),
});

const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ do: fc.constant('emit'), emits: fc.array(emit, { minLength: 1, maxLength: 6 }) }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constant('pass'),
      ms: fc.constantFrom(0, 1, 2, 5, 30, 300, 1_000, 4_000, 12_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('cut'),
      how: fc.record({ up: fc.boolean(), down: fc.boolean(), page: fc.boolean(), server: fc.boolean() }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('stall'), up: fc.boolean(), down: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('latency'),
      up: fc.constantFrom(0, 1, 40, 600),
      down: fc.constantFrom(0, 1, 40, 600),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refuse'), refusing: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('admit'), admitting: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('restart', 'leave all', 'join all') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('sleep'),
      ms: fc.constantFrom(500, 6_000, 60_000),
      ticking: fc.boolean(),
      mailFirst: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('abort', 'kick', 'leave', 'join', 'join', 'clear', 'news', 'news'),
      which,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('signal'),
      signal: fc.constantFrom<Signal>('offline', 'online', 'moved', 'woken', 'stored', 'restored'),
    }),
  },
) as fc.Arbitrary<Op>;

const narrow = fc.record(
  {
    maxPackets: fc.constantFrom(1, 3, 6),
    maxBytes: fc.constantFrom(150, 400),
    maxAgeMs: fc.constantFrom(500, 5_000),
    whenFull: fc.constantFrom('refuse', 'drop-oldest', 'drop-newest'),
  },
  { requiredKeys: [] },
);

/** Usually there is enough room, otherwise little would be sent. */
const outbox = fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: narrow });

const socket = fc.record(
  { outbox, ackTimeout: fc.constantFrom(400, 3_000), maxPendingAcks: fc.constantFrom(3, 100, 100) },
  { requiredKeys: [] },
);

const retrying = fc.record(
  {
    retries: fc.constantFrom(1, 3),
    retryWindow: fc.constantFrom(1, 3),
    // Without one, an unanswered event would block the others forever.
    ackTimeout: fc.constantFrom(400, 3_000),
    outbox,
  },
  { requiredKeys: ['retries', 'ackTimeout'] },
);

export const settingOver = (transports: Setting['transports']): fc.Arbitrary<Setting> =>
  fc.record({
    transports: fc.constant(transports),
    manager: fc.record(
      { reconnectionAttempts: fc.constant(2), highWaterMark: fc.constantFrom(10, 1_000) },
      { requiredKeys: [] },
    ),
    sockets: fc.tuple(socket, socket, retrying) as fc.Arbitrary<readonly SocketOptions[]>,
    upMs: fc.constantFrom(1, 1, 40, 300),
    talkative: fc.boolean(),
    xhr: fc.boolean(),
  });

export const ops: fc.Arbitrary<Op[]> = fc.array(op, { minLength: 1, maxLength: 40, size: 'max' });
