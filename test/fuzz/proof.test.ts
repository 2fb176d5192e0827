import { describe, expect, test } from 'vitest';
import { type OfficialPacket, officialParser } from '../support/official-parser.js';
import { Finding, fuzz } from './fuzzer.js';

/** Proves the fuzzer: parsers with one fault each, all of which it must find. */

const { Encoder, Decoder } = officialParser();

type Deliver = (packet: OfficialPacket) => void;

interface Faults {
  /** Called with each decoded packet. */
  decoded?(packet: OfficialPacket, deliver: Deliver): void;
  /** Called with each chunk that cannot be decoded. */
  refused?(error: unknown, deliver: Deliver): void;
  made?(): void;
}

/** The official parser, which is correct for this purpose except for these faults. */
function parserWith({ decoded, refused, made }: Faults): unknown {
  return {
    Encoder,
    Decoder: class {
      readonly #inner = new Decoder({ maxAttachments: 10_000 });
      #deliver: Deliver = () => {};

      constructor() {
        made?.();
        this.#inner.on('decoded', (packet) => {
          if (decoded) decoded(packet, this.#deliver);
          else this.#deliver(packet);
        });
      }

      on(_event: 'decoded', listener: Deliver): void {
        this.#deliver = listener;
      }

      add(chunk: unknown): void {
        try {
          this.#inner.add(chunk);
        } catch (error) {
          if (!refused) throw error;
          refused(error, this.#deliver);
        }
      }
    },
  };
}

/** Copies without checking names, like many merge functions. */
function merge(into: Record<string, unknown>, from: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(from)) {
    if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) {
      if (into !== from) into[key] = value;
    } else {
      into[key] ??= {};
      const target = into[key];
      if (typeof target === 'object' || typeof target === 'function') {
        merge(target as Record<string, unknown>, value as Record<string, unknown>);
      }
    }
  }
}

const findingOf = (parser: unknown): Promise<unknown> =>
  fuzz({ mutations: 20_000, seed: 1, parser }).then(
    () => 'nothing was found',
    (error: unknown) => error,
  );

describe('the fuzzer finds a parser that', () => {
  test('delivers packets of one namespace to another after an unreadable chunk', async () => {
    let last: OfficialPacket | undefined;
    const finding = await findingOf(
      parserWith({
        decoded: (packet, deliver) => {
          if (packet.type === 2) last = packet;
          deliver(packet);
        },
        refused: (_, deliver) => {
          if (last) deliver({ ...last, nsp: last.nsp === '/a' ? '/b' : '/a' });
        },
      }),
    );
    expect(finding).toBeInstanceOf(Finding);
    expect(String(finding)).toMatch(/a listener of \/\w? ?was called/);
  });

  test('changes a prototype', async () => {
    const finding = await findingOf(
      parserWith({
        decoded: (packet, deliver) => {
          if (Array.isArray(packet.data)) {
            for (const arg of packet.data) if (typeof arg === 'object' && arg !== null) merge({}, arg);
          }
          deliver(packet);
        },
      }),
    );
    expect(String(finding)).toContain('a prototype has changed: polluted');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('throws later, where nothing catches it', async () => {
    const finding = await findingOf(
      parserWith({
        refused: (error) => void Promise.reject(error instanceof Error ? error : new Error('unread')),
      }),
    );
    expect(String(finding)).toContain('an error that nobody caught');
  });

  test('is unresponsive forever after an unreadable chunk', async () => {
    let unresponsive = false;
    const finding = await findingOf(
      parserWith({
        decoded: (packet, deliver) => {
          if (!unresponsive) deliver(packet);
        },
        refused: () => {
          unresponsive = true;
        },
      }),
    );
    expect(String(finding)).toMatch(/does not come back|was not heard|is to be mutated/);
  });

  test('is unresponsive for the rest of the connection only', async () => {
    const unresponsive = { now: false };
    const finding = await findingOf(
      parserWith({
        made: () => {
          unresponsive.now = false;
        },
        decoded: (packet, deliver) => {
          if (!unresponsive.now) deliver(packet);
        },
        refused: () => {
          unresponsive.now = true;
        },
      }),
    );
    expect(String(finding)).toMatch(/was not heard|does not come back/);
  });

  test('leaves a timer behind', async () => {
    const forEver = (): void => void setTimeout(forEver, 1_000);
    let first = true;
    const finding = await findingOf(
      parserWith({
        refused: (error) => {
          if (first) forEver();
          first = false;
          throw error;
        },
      }),
    );
    expect(String(finding)).toContain('timers are left');
  });
});

test('the same seed gives the same run', async () => {
  const [once, again] = [
    await fuzz({ mutations: 1_000, seed: 7 }),
    await fuzz({ mutations: 1_000, seed: 7 }),
  ];
  expect(again).toEqual(once);
});
