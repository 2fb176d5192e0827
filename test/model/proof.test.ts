import { expect, test } from 'vitest';
import type { Socket } from '../../src/socket/socket.js';
import { check } from './check.js';
import type { Sabotage } from './run.js';

/** Proves the model: clients with one fault each, all of which it must find. */

interface Message {
  _place?: string;
}

/** The parts of a socket that are modified here. */
interface Sender {
  _giveBack(message: Message): void;
  _recollect(): void;
  _returned: Message[];
  _connection: object & { _send(message: Message): unknown };
  readonly _pending: Map<unknown, { readonly _callback: (error: Error) => void }>;
  _take(): Message[];
  _putBack(messages: readonly Message[]): void;
  _limits: object;
  _refuse(packet: object, error: Error): void;
  _fail(packet: { readonly id?: unknown }, error: Error): boolean;
  _end(id: unknown, error: Error | null, answer?: readonly unknown[]): boolean;
  _disconnect(): void;
}

type Spoil = (sender: Sender, options: { retries?: number }) => void;

const spoil =
  (how: Spoil): Sabotage =>
  (sockets: readonly Socket[]) => {
    for (const socket of sockets) {
      const { _sender, _options } = socket as unknown as {
        _sender: Sender;
        _options: { retries?: number };
      };
      how(_sender, _options);
    }
  };

const SABOTAGES: readonly [what: string, finding: RegExp, how: Spoil][] = [
  [
    'sends returned messages twice',
    /2 times|was sent, and told/,
    (sender) => {
      const { _giveBack } = sender;
      sender._giveBack = (message) => {
        _giveBack.call(sender, message);
        _giveBack.call(sender, message);
      };
    },
  ],
  [
    'forgets returned messages',
    /was forgotten|was given up, and no transport had it/,
    (sender) => {
      sender._giveBack = () => {};
    },
  ],
  [
    'reverses returned messages',
    /was delivered after/,
    (sender) => {
      const { _putBack } = sender;
      sender._putBack = (messages) => _putBack.call(sender, [...messages].reverse());
    },
  ],
  [
    'puts returned messages behind newer ones',
    /was delivered after|was sent, and told/,
    (sender) => {
      const { _putBack, _take } = sender;
      let old: Message[] = [];
      sender._putBack = (messages) => {
        for (const message of messages) message._place = 'kept';
        old.push(...messages);
      };
      sender._take = () => {
        const newer = _take.call(sender);
        _putBack.call(sender, old);
        old = [];
        return [...newer, ..._take.call(sender)];
      };
    },
  ],
  [
    'sends messages again that may have arrived',
    /was sent 2 times|was sent, and told/,
    (sender) => {
      const { _recollect, _connection } = sender;
      let last: Message | undefined;
      sender._connection = Object.create(_connection, {
        _send: {
          value: (message: Message) => {
            // A copy, because a sent message releases its data.
            last = Object.assign(Object.create(Object.getPrototypeOf(message)), message);
            return _connection._send(message);
          },
        },
      });
      sender._recollect = () => {
        if (last && sender._returned.length === 0) sender._returned.push(last);
        last = undefined;
        _recollect.call(sender);
      };
    },
  ],
  [
    'reports a missing acknowledgement twice',
    /ended 2 times/,
    (sender) => {
      const { _fail } = sender;
      sender._fail = (packet, error) => {
        const pending = sender._pending.get(packet.id);
        const told = _fail.call(sender, packet, error);
        if (told) pending?._callback(error);
        return told;
      };
    },
  ],
  [
    'does not report that no acknowledgement will arrive',
    /never ended|things are left/,
    (sender) => {
      sender._disconnect = () => {};
    },
  ],
  [
    'passes an acknowledgement to another emit',
    /acknowledge/,
    (sender) => {
      const { _end, _pending } = sender;
      sender._end = (id, error, answer) => {
        const next = (id as number) + 1;
        return _end.call(sender, !error && _pending.has(next) ? next : id, error, answer);
      };
    },
  ],
  [
    'claims that a sent message was never sent',
    /was sent, and told/,
    (sender, { retries }) => {
      // Retries would never come to an end: a try that was not sent is none.
      if (retries) return;
      const { _fail } = sender;
      sender._fail = (packet, error) =>
        _fail.call(sender, packet, Object.assign(error, { maybeDelivered: false }));
    },
  ],
  [
    'keeps more messages than its outbox may hold',
    /more than allowed/,
    (sender) => {
      sender._limits = { ...sender._limits, maxPackets: 1e9, maxBytes: 1e9 };
    },
  ],
  [
    'does not report messages that its outbox had no room for',
    /was forgotten|never ended/,
    (sender) => {
      const { _refuse } = sender;
      sender._refuse = (packet, error) => {
        if ((error as { code?: string }).code !== 'OUTBOX_FULL') _refuse.call(sender, packet, error);
      };
    },
  ],
  [
    'retries more often than allowed',
    /was sent \d times/,
    (_, options) => {
      if (options.retries) options.retries += 2;
    },
  ],
];

test.each(SABOTAGES)('the model finds a client that %s', async (_what, finding, how) => {
  const result = await check({
    runs: 600,
    seed: 1,
    transports: ['polling', 'websocket'],
    sabotage: spoil(how),
  }).then(
    () => 'nothing was found',
    (error: unknown) => `${error} ${(error as Error).cause}`,
  );
  expect(result).toMatch(finding);
  expect(result).toContain('seed: 1');
});

test('the same seed gives the same run', async () => {
  const again = () => check({ runs: 30, seed: 7, transports: ['websocket', 'polling'] });
  expect(await again()).toEqual(await again());
});
