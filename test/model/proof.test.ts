import { expect, test } from 'vitest';
import type { Socket } from '../../src/socket/socket.js';
import { check } from './check.js';
import type { Sabotage } from './run.js';

/** The model is no better than what it catches: clients with one fault each, of which it must find every one. */

interface Message {
  _place?: string;
}

/** The parts of a socket that are spoiled here. */
interface Sender {
  _giveBack(message: Message): void;
  _recollect(): void;
  _returned: Message[];
  _connection: object & { _send(message: Message): unknown };
  readonly _outbox: {
    _take(): Message[];
    _limits: object;
    _putBack(messages: readonly Message[]): void;
    _host: object;
  };
  readonly _acks: {
    readonly _pending: Map<number, { readonly callback: (error: Error) => void }>;
    _fail(id: number | undefined, error: Error): boolean;
    _settle(id: number, args: readonly unknown[]): void;
    _disconnect(): void;
  };
}

interface RetryQueue {
  readonly _settings: { retries: number };
}

type Spoil = (sender: Sender, retries: RetryQueue | undefined) => void;

const spoil =
  (how: Spoil): Sabotage =>
  (sockets: readonly Socket[]) => {
    for (const socket of sockets) {
      const { _sender, _queue } = socket as unknown as { _sender: Sender; _queue?: RetryQueue };
      how(_sender, _queue);
    }
  };

const SABOTAGES: readonly [what: string, finding: RegExp, how: Spoil][] = [
  [
    'sends twice what came back from the connection',
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
    'forgets what came back from the connection',
    /was forgotten|was given up, and no transport had it/,
    (sender) => {
      sender._giveBack = () => {};
    },
  ],
  [
    'turns round what came back from the connection',
    /was delivered after/,
    ({ _outbox }) => {
      const { _putBack } = _outbox;
      _outbox._putBack = (messages) => _putBack.call(_outbox, [...messages].reverse());
    },
  ],
  [
    'puts what came back behind what is newer',
    /was delivered after|was sent, and told/,
    ({ _outbox }) => {
      const { _putBack, _take } = _outbox;
      let old: Message[] = [];
      _outbox._putBack = (messages) => {
        for (const message of messages) message._place = 'kept';
        old.push(...messages);
      };
      _outbox._take = () => {
        const newer = _take.call(_outbox);
        _putBack.call(_outbox, old);
        old = [];
        return [...newer, ..._take.call(_outbox)];
      };
    },
  ],
  [
    'sends again what may have arrived',
    /was sent 2 times|was sent, and told/,
    (sender) => {
      const { _recollect, _connection } = sender;
      let last: Message | undefined;
      sender._connection = Object.create(_connection, {
        _send: {
          value: (message: Message) => {
            last = message;
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
    'tells twice that no acknowledgement came',
    /ended 2 times/,
    ({ _acks }) => {
      const { _fail } = _acks;
      _acks._fail = (id, error) => {
        const pending = _acks._pending.get(id as number);
        const told = _fail.call(_acks, id, error);
        if (told) pending?.callback(error);
        return told;
      };
    },
  ],
  [
    'does not tell that no acknowledgement will come',
    /never ended|things are left/,
    ({ _acks }) => {
      _acks._disconnect = () => {};
    },
  ],
  [
    'gives an acknowledgement to another emit',
    /acknowledge/,
    ({ _acks }) => {
      const { _settle } = _acks;
      _acks._settle = (id, args) => _settle.call(_acks, _acks._pending.has(id + 1) ? id + 1 : id, args);
    },
  ],
  [
    'says that what it has sent was never sent',
    /was sent, and told/,
    ({ _acks }, retries) => {
      // Retries would never come to an end: a try that was not sent is none.
      if (retries) return;
      const { _fail } = _acks;
      _acks._fail = (id, error) => _fail.call(_acks, id, Object.assign(error, { maybeDelivered: false }));
    },
  ],
  [
    'keeps more than its outbox may hold',
    /more than allowed/,
    ({ _outbox }) => {
      _outbox._limits = { ..._outbox._limits, maxPackets: 1e9, maxBytes: 1e9 };
    },
  ],
  [
    'does not tell what its outbox had no room for',
    /was forgotten|never ended/,
    ({ _outbox }) => {
      _outbox._host = Object.create(_outbox._host, { _refuse: { value() {} } });
    },
  ],
  [
    'tries more often than it may',
    /was sent \d times/,
    (_, retries) => {
      if (retries) retries._settings.retries += 2;
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

test('the same seed does the same', async () => {
  const again = () => check({ runs: 30, seed: 7, transports: ['websocket', 'polling'] });
  expect(await again()).toEqual(await again());
});
