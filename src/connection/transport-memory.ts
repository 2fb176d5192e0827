import type { Store } from '../platform/storage.js';

/** What is known of the way to a server. */
export interface Remembered {
  /** WebSocket failed where polling, in the same try, did not. */
  readonly webSocketFailed: boolean;
  /** The round-trip time, in milliseconds. */
  readonly rttMs: number | undefined;
}

/** Networks change: what is older than this, in milliseconds, says nothing. */
const LIFETIME_MS = 30 * 60_000;

/** How long the first candidate stays alone, in milliseconds, where nothing is known of the network. */
export const HEAD_START_MS = 1_000;

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

  recall(): Remembered | undefined {
    try {
      const { failed, rtt, at } = JSON.parse(this.store.get(this.key) ?? '{}') as Record<string, unknown>;
      const age = this.dateMs() - Number(at);
      if (!(age >= 0 && age < LIFETIME_MS)) return undefined;
      return {
        webSocketFailed: failed === true,
        rttMs: typeof rtt === 'number' && rtt >= 0 ? rtt : undefined,
      };
    } catch {
      // Somebody else wrote there.
      return undefined;
    }
  }

  /** Adds to what is known; what is not given stays as it was. */
  remember(news: Partial<Remembered>): void {
    const { webSocketFailed = false, rttMs } = { ...this.recall(), ...news };
    this.store.set(this.key, JSON.stringify({ failed: webSocketFailed, rtt: rttMs, at: this.dateMs() }));
  }
}

/** The head start that fits a round-trip time. */
export function headStartMs(rttMs: number | undefined): number {
  return rttMs === undefined ? HEAD_START_MS : Math.min(3_000, Math.max(300, 4 * rttMs + 200));
}

/** Polling goes first where WebSocket is known to fail. */
export function preferred(transports: readonly string[], known: Remembered | undefined): readonly string[] {
  if (!known?.webSocketFailed || !transports.includes('polling')) return transports;
  return ['polling', ...transports.filter((name) => name !== 'polling')];
}
