import { expect, test } from 'vitest';
import type { Socket } from '../../src/socket/socket.js';
import { check } from './check.js';
import type { Sabotage } from './run.js';

/** The model is no better than what it catches: clients with one fault each, of which it must find every one. */

type Args = readonly never[];

interface Ticket {
  readonly packet: { readonly id?: number };
}

/** The parts of a socket that are spoiled here. */
interface Parts {
  giveBack(ticket: Ticket): void;
  recollect(): void;
  refuse(...args: Args): void;
  returned: Ticket[];
  readonly wire: { write(chunks: unknown, ticket?: Ticket): unknown };
  readonly outbox: {
    take(): unknown[];
    limits: object;
    putBack(packets: readonly unknown[]): void;
    owner: object;
    add(...args: Args): void;
  };
  readonly acks: {
    readonly waiting: Map<
      number,
      { readonly errorFirst: boolean; readonly callback: (error: Error) => void }
    >;
    fail(id: number, error: Error): boolean;
    settle(id: number, args: readonly unknown[]): void;
    disconnect(): void;
    sent(id: number | undefined, sent?: boolean): void;
  };
  readonly retries?: { readonly settings: { retries: number }; clear(): unknown[] };
}

const spoil =
  (how: (parts: Parts) => void): Sabotage =>
  (sockets: readonly Socket[]) => {
    for (const socket of sockets) how((socket as unknown as { sender: Parts }).sender);
  };

const SABOTAGES: readonly [what: string, finding: RegExp, how: (parts: Parts) => void][] = [
  [
    'sends twice what came back from the connection',
    /2 times|was sent, and told/,
    (parts) => {
      const { giveBack } = parts;
      parts.giveBack = (ticket) => {
        giveBack.call(parts, ticket);
        giveBack.call(parts, ticket);
      };
    },
  ],
  [
    'forgets what came back from the connection',
    /was forgotten|was given up, and no transport had it/,
    (parts) => {
      parts.giveBack = () => {};
    },
  ],
  [
    'turns round what came back from the connection',
    /was delivered after/,
    ({ outbox }) => {
      const { putBack } = outbox;
      outbox.putBack = (packets) => putBack.call(outbox, [...packets].reverse());
    },
  ],
  [
    'puts what came back behind what is newer',
    /was delivered after|was sent, and told/,
    ({ outbox }) => {
      const { putBack, take } = outbox;
      let old: unknown[] = [];
      outbox.putBack = (packets) => {
        old.push(...packets);
      };
      outbox.take = () => {
        const newer = take.call(outbox);
        putBack.call(outbox, old);
        old = [];
        return [...newer, ...take.call(outbox)];
      };
    },
  ],
  [
    'sends again what may have arrived',
    /was sent 2 times|was sent, and told/,
    (parts) => {
      const { recollect, wire } = parts;
      let last: Ticket | undefined;
      (parts as { wire: object }).wire = Object.create(wire, {
        write: {
          value: (chunks: unknown, ticket?: Ticket) => {
            last = ticket ?? last;
            return wire.write(chunks, ticket);
          },
        },
      });
      parts.recollect = () => {
        if (last && parts.returned.length === 0) parts.returned.push(last);
        last = undefined;
        recollect.call(parts);
      };
    },
  ],
  [
    'tells twice that no acknowledgement came',
    /ended 2 times/,
    ({ acks }) => {
      const { fail } = acks;
      acks.fail = (id, error) => {
        const waiting = acks.waiting.get(id);
        const told = fail.call(acks, id, error);
        if (told) waiting?.callback(error);
        return told;
      };
    },
  ],
  [
    'does not tell that no acknowledgement will come',
    /never ended|things are left/,
    ({ acks }) => {
      acks.disconnect = () => {};
    },
  ],
  [
    'gives an acknowledgement to another emit',
    /acknowledge/,
    ({ acks }) => {
      const { settle } = acks;
      acks.settle = (id, args) => settle.call(acks, acks.waiting.has(id + 1) ? id + 1 : id, args);
    },
  ],
  [
    'says that what it has sent was never sent',
    /was sent, and told/,
    ({ acks, retries }) => {
      // Retries would never come to an end: a try that was not sent is none.
      if (retries) return;
      const { fail } = acks;
      acks.fail = (id, error) => fail.call(acks, id, Object.assign(error, { maybeDelivered: false }));
    },
  ],
  [
    'keeps more than its outbox may hold',
    /more than allowed/,
    ({ outbox }) => {
      outbox.limits = { ...outbox.limits, maxPackets: 1e9, maxBytes: 1e9 };
    },
  ],
  [
    'does not tell what its outbox had no room for',
    /was forgotten|never ended/,
    ({ outbox }) => {
      outbox.owner = { ...outbox.owner, lose() {} };
    },
  ],
  [
    'tries more often than it may',
    /was sent \d times/,
    ({ retries }) => {
      if (retries) retries.settings.retries += 2;
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
