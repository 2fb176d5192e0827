/** Remembers for half an hour what worked for a server: the transport, the round-trip time, the protocol version. */
import type { Known } from '../connection/connection.js';
import type { Plugin } from '../manager/plugin.js';
import { parseAddress } from '../platform/address.js';
import { DEFAULTS } from '../platform/defaults.js';
import { pageLocation } from '../platform/environment.js';
import type { Store } from '../platform/storage.js';

/** Networks change: what is older than this, in milliseconds, says nothing. */
const LIFETIME_MS = 30 * 60_000;

/** As it is stored: each fact with its date, so that news of one does not keep the other alive. */
interface Stored {
  readonly failedAt?: unknown;
  readonly rtt?: unknown;
  readonly rttAt?: unknown;
  readonly legacyAt?: unknown;
  readonly modernAt?: unknown;
}

/** What is known of one server (origin and path). */
export class TransportMemory {
  constructor(
    private readonly _store: Store,
    private readonly _dateMs: () => number,
    private readonly _key: string,
  ) {}

  recall(): Known {
    const { failedAt, rtt, rttAt, legacyAt, modernAt } = this._read();
    const known = typeof rtt === 'number' && rtt >= 0 && this._isFresh(rttAt);
    return {
      webSocketFailed: this._isFresh(failedAt),
      rttMs: known ? rtt : undefined,
      legacy: this._isFresh(legacyAt) || (this._isFresh(modernAt) ? false : undefined),
    };
  }

  /** Adds to what is known; what is not given stays as it was. */
  remember({ webSocketFailed, rttMs, legacy }: Known): void {
    const now = this._dateMs();
    this._store.set(
      this._key,
      JSON.stringify({
        ...this._read(),
        ...(webSocketFailed !== undefined && { failedAt: webSocketFailed ? now : 0 }),
        ...(rttMs !== undefined && { rtt: rttMs, rttAt: now }),
        ...(legacy !== undefined && {
          [legacy ? 'legacyAt' : 'modernAt']: now,
          [legacy ? 'modernAt' : 'legacyAt']: 0,
        }),
      }),
    );
  }

  private _read(): Stored {
    try {
      return { ...JSON.parse(this._store.get(this._key) ?? '{}') };
    } catch {
      // Another script wrote there.
      return {};
    }
  }

  private _isFresh(at: unknown): boolean {
    const ageMs = typeof at === 'number' ? this._dateMs() - at : Number.NaN;
    return ageMs >= 0 && ageMs < LIFETIME_MS;
  }
}

export const memory = (): Plugin => ({
  name: 'memory',
  manager(manager) {
    const { _connection, _environment } = manager;
    const memoryOf = (): TransportMemory => {
      const { uri, opts } = manager;
      const { host, hostname = host, port, path } = opts;
      // Never the address itself, which may hold a password.
      const server =
        uri === undefined ? `${hostname ?? ''}:${port ?? ''}` : parseAddress(uri, pageLocation()).origin;
      return new TransportMemory(
        _environment.store,
        () => _environment.dateMs(),
        `holdfast:${server}${path || DEFAULTS.path}`,
      );
    };
    return {
      plan(plan) {
        const known = memoryOf().recall();
        Object.assign(_connection._known, known);
        // A list that the program gave is obeyed in its order; only our own is changed by what is remembered.
        const { transports, transportImplementations, rememberUpgrade } = manager.opts;
        const own = !transports && !transportImplementations;
        const first =
          own && known.webSocketFailed ? 'polling' : rememberUpgrade && workedBefore(known) && 'websocket';
        if (first && plan.names.includes(first))
          plan.names = [first, ...plan.names.filter((name) => name !== first)];
      },
      used(session, { transport, failed, slower, ms }) {
        const { name } = transport;
        // Being offline teaches nothing: a failure of WebSocket counts only if polling succeeded in the same attempt.
        const webSocketFailed = name === 'polling' && [...failed, ...slower].includes('websocket');
        if (name === 'websocket' || webSocketFailed) _connection._learn({ webSocketFailed });
        // A transport is open after two round trips at least.
        if (_connection._known.rttMs === undefined) _connection._learn({ rttMs: ms / 2 });
        if (session._unresponsive.some(({ transport }) => transport === 'websocket')) {
          // The server answers here, and did not over WebSocket.
          session.once('message', () => _connection._learn({ webSocketFailed: true }));
        }
        return undefined;
      },
      learned: (change) => memoryOf().remember(change),
    };
  },
});

const workedBefore = ({ webSocketFailed, rttMs }: Known): boolean => !webSocketFailed && rttMs !== undefined;
