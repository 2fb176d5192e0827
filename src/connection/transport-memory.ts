import type { Store } from '../platform/storage.js';

/** What is known of the way to a server. */
export interface Remembered {
  /** WebSocket failed where polling, in the same try, did not. */
  readonly webSocketFailed: boolean;
  /** The round-trip time, in milliseconds. */
  readonly rttMs: number | undefined;
  /** Whether the server is one of Socket.IO 1 or 2. */
  readonly legacy?: boolean;
}

/** Networks change: what is older than this, in milliseconds, says nothing. */
const LIFETIME_MS = 30 * 60_000;

/** How long the first candidate stays alone, in milliseconds, where nothing is known of the network. */
export const HEAD_START_MS = 1_000;

/** As it is stored: each thing with its date, so that news of one do not keep the other alive. */
interface Record {
  readonly failedAt?: unknown;
  readonly rtt?: unknown;
  readonly rttAt?: unknown;
  readonly legacyAt?: unknown;
}

/** Remembers what worked, for one server (origin and path). */
export class TransportMemory {
  private readonly key: string;

  constructor(
    private readonly store: Store,
    private readonly dateMs: () => number,
    server: string,
  ) {
    this.key = `holdfast:${server}`;
  }

  recall(): Remembered {
    const { failedAt, rtt, rttAt, legacyAt } = this.read();
    const known = typeof rtt === 'number' && rtt >= 0 && this.isFresh(rttAt);
    return {
      webSocketFailed: this.isFresh(failedAt),
      rttMs: known ? rtt : undefined,
      ...(this.isFresh(legacyAt) && { legacy: true }),
    };
  }

  /** Adds to what is known; what is not given stays as it was. */
  remember({ webSocketFailed, rttMs, legacy }: Partial<Remembered>): void {
    const now = this.dateMs();
    this.store.set(
      this.key,
      JSON.stringify({
        ...this.read(),
        ...(webSocketFailed !== undefined && { failedAt: webSocketFailed ? now : 0 }),
        ...(rttMs !== undefined && { rtt: rttMs, rttAt: now }),
        ...(legacy !== undefined && { legacyAt: legacy ? now : undefined }),
      }),
    );
  }

  private read(): Record {
    try {
      return { ...JSON.parse(this.store.get(this.key) ?? '{}') };
    } catch {
      // Somebody else wrote there.
      return {};
    }
  }

  private isFresh(at: unknown): boolean {
    const age = typeof at === 'number' ? this.dateMs() - at : Number.NaN;
    return age >= 0 && age < LIFETIME_MS;
  }
}

/** The head start that fits a round-trip time. */
export function headStartMs(rttMs: number | undefined): number {
  return rttMs === undefined ? HEAD_START_MS : Math.min(3_000, Math.max(300, 4 * rttMs + 200));
}

/** Polling goes first where WebSocket is known to fail. */
export function preferred(
  transports: readonly string[],
  known: Pick<Remembered, 'webSocketFailed'>,
): readonly string[] {
  if (!known.webSocketFailed || !transports.includes('polling')) return transports;
  return ['polling', ...transports.filter((name) => name !== 'polling')];
}
