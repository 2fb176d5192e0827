import type { Cancel, Clock } from '../platform/clock.js';
import { type Attempt, ConnectionError } from '../platform/errors.js';
import { parseHandshake } from '../protocol/handshake.js';
import { type EnginePacket, internals, isTransportError, type RawTransport, Transport } from './engine.js';
import { hintFor } from './hints.js';
import {
  advance,
  CANDIDATE_DEADLINE_MS,
  type Failure,
  newRace,
  type RaceEvent,
  type Race as RaceState,
} from './negotiate.js';

/** What a page that shows its connection is told of each candidate. */
export interface CandidateNews {
  readonly transport: string;
  readonly phase: 'start' | 'failed' | 'won';
  /** Since this candidate's start, in milliseconds. */
  readonly ms?: number;
  readonly error?: string;
}

export interface RaceSettings {
  readonly clock: Clock;
  readonly headStartMs: number;
  /** For the whole race; `false` for no limit. */
  readonly timeoutMs: number | false;
  news(news: CandidateNews): void;
  /** Transports that opened in this try, and over which the server then did not answer: they do not run. */
  readonly deaf: readonly Attempt[];
  /** How the race ended: who won and how long it took, who failed, and who was still on its way. */
  won(result: RaceResult): void;
}

export interface RaceResult {
  readonly winner: string;
  readonly ms: number;
  readonly failed: readonly string[];
  readonly slower: readonly string[];
}

interface Runner {
  readonly transport: RawTransport;
  /** Stops its timers and forgets its listeners. */
  readonly release: Cancel;
  /** Tells the page that it did not win. */
  report(error: string): void;
}

const NAME = 'race';

/**
 * A transport that is several: it opens the candidates of the engine one after the other, as `negotiate.ts` decides,
 * and hands the engine the first whose Engine.IO handshake is valid. So there is one engine for a try, whoever wins,
 * and a program that listens to it misses nothing.
 */
export class Race extends Transport {
  declare private race: RaceState;
  declare private runners: Map<number, Runner>;
  declare private stopTimeout: Cancel;

  /** The name by which the engine knows this class, then that of the candidate in front. */
  get name(): string {
    const front = this.race?.candidates.findIndex(({ status }) => status === 'trying') ?? -1;
    return this.race?.candidates[Math.max(front, 0)]?.transport ?? NAME;
  }

  protected override doOpen(): void {
    const { clock, timeoutMs, deaf } = this.settings;
    const out = new Set([NAME, ...deaf.map(({ transport }) => transport)]);
    this.race = newRace(internals(this.socket).transports.filter((name) => !out.has(name)));
    this.runners = new Map();
    this.stopTimeout =
      timeoutMs === false
        ? () => {}
        : clock.after(timeoutMs, () => this.tell({ type: 'timeout', atMs: clock.now() }));
    // Not before the engine listens: a candidate may fail on the spot.
    queueMicrotask(() => {
      if (this.readyState === 'opening') this.tell({ type: 'start', atMs: clock.now() });
    });
  }

  protected override doClose(): void {
    this.race = { ...this.race, over: true };
    for (const index of [...this.runners.keys()]) this.drop(index);
    this.stopTimeout();
  }

  protected override write(): void {
    // Nothing is written before somebody has won.
  }

  private get settings(): RaceSettings {
    return (this.opts as unknown as { settings: RaceSettings }).settings;
  }

  private tell(event: RaceEvent): void {
    const { race, commands } = advance(this.race, event);
    this.race = race;
    for (const command of commands) {
      switch (command.do) {
        case 'start':
          this.start(command.index);
          break;
        case 'drop':
          this.runners.get(command.index)?.report(event.type === 'handshake' ? 'slower' : 'timeout');
          this.drop(command.index);
          break;
        case 'win':
          this.stopTimeout();
          break;
        case 'giveUp':
          this.stopTimeout();
          this.fail(command.message, command.cause);
          break;
      }
    }
  }

  private start(index: number): void {
    const { clock, headStartMs, news } = this.settings;
    const name = this.race.candidates[index]?.transport ?? '';
    news({ transport: name, phase: 'start' });
    // Whoever was told may have ended it all.
    if (this.race.over) return;
    const startedAtMs = clock.now();
    const fail = (failure: Failure): void => {
      const runner = this.runners.get(index);
      if (!runner) return;
      runner.report(failure.message);
      this.drop(index);
      this.tell({ type: 'failed', index, failure, atMs: clock.now() });
    };
    let transport: RawTransport;
    try {
      transport = internals(this.socket).createTransport(name);
    } catch (cause) {
      const failure = failureOf(cause);
      news({ transport: name, phase: 'failed', ms: 0, error: failure.message });
      this.tell({ type: 'failed', index, failure, atMs: clock.now() });
      return;
    }
    const cancels = [
      clock.after(headStartMs, () => this.tell({ type: 'headStartOver', index, atMs: clock.now() })),
      clock.after(CANDIDATE_DEADLINE_MS, () => this.tell({ type: 'overdue', index, atMs: clock.now() })),
    ];
    this.runners.set(index, {
      transport,
      report: (error) => news({ transport: name, phase: 'failed', ms: clock.now() - startedAtMs, error }),
      release: () => {
        for (const cancel of cancels) cancel();
        transport.removeAllListeners();
      },
    });
    transport.on('open', () => this.tell({ type: 'opened', index }));
    transport.on('error', (error: unknown) => fail(failureOf(error)));
    transport.on('close', () => fail({ message: `${name} closed before its handshake` }));
    transport.on('packet', (packet: EnginePacket) => {
      const handshake =
        packet.type === 'open' ? parseHandshake(packet.data) : `unexpected ${packet.type} packet`;
      if (typeof handshake === 'string') return fail({ message: handshake });
      this.win(index, transport, clock.now() - startedAtMs, {
        type: 'open',
        data: JSON.stringify(handshake),
      });
    });
    try {
      transport.open();
    } catch (error) {
      fail(failureOf(error));
    }
  }

  private fail(message: string, cause: unknown): void {
    const attempts = [...this.settings.deaf, ...this.race.attempts];
    this.emitReserved('error', new ConnectionError(message, attempts, hintFor(attempts), cause) as never);
  }

  private win(index: number, transport: RawTransport, ms: number, handshake: EnginePacket): void {
    const { candidates } = this.race;
    const names = (status: string): string[] =>
      candidates.flatMap((c, i) => (c.status === status && i !== index ? [c.transport] : []));
    this.runners.get(index)?.release();
    this.runners.delete(index);
    this.tell({ type: 'handshake', index });
    this.settings.news({ transport: transport.name, phase: 'won', ms });
    if (this.readyState === 'closed') {
      transport.close();
      return;
    }
    this.readyState = 'closed';
    this.settings.won({ winner: transport.name, ms, failed: names('failed'), slower: names('trying') });
    internals(this.socket).setTransport(transport);
    transport.emit('packet', handshake);
  }

  private drop(index: number): void {
    const runner = this.runners.get(index);
    if (!runner) return;
    this.runners.delete(index);
    runner.release();
    // A late error or close of a transport that nobody listens to must not be thrown.
    runner.transport.close();
  }
}

// The engine reads the name of a class from its prototype, before there is a race.
export const RACE_NAME: string = NAME;

/** What there is to tell of a transport's failure. */
export function failureOf(error: unknown): Failure {
  if (!isTransportError(error)) return { message: String((error as Error)?.message ?? error), cause: error };
  const { description, context } = error;
  return {
    message: error.message,
    cause: error,
    ...(typeof description === 'number' && description > 0 && { status: description }),
    ...answerOf(context),
  };
}

/** However long a server wants to be left alone, in milliseconds. */
const LONGEST_REST_MS = 600_000;

/** What an XMLHttpRequest was answered. Where there was no answer, looking for one may throw. */
function answerOf(context: unknown): Pick<Failure, 'words' | 'retryAfterMs'> {
  try {
    const xhr = context as XMLHttpRequest;
    const seconds = Number(xhr.getResponseHeader('Retry-After'));
    const words = xhr.responseText.slice(0, 200);
    return {
      ...(words && { words }),
      ...(seconds > 0 && { retryAfterMs: Math.min(seconds * 1_000, LONGEST_REST_MS) }),
    };
  } catch {
    return {};
  }
}
