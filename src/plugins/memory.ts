/** Remembers for half an hour what worked for a server: the transport, the round-trip time, the protocol version. */
import type { Known } from '../connection/hooks.js';
import type { Manager } from '../manager/manager.js';
import type { ManagerHooks, Plugin } from '../manager/plugin.js';
import { attempt } from '../platform/attempt.js';
import { nothing } from '../platform/clock.js';
import { DEFAULTS } from '../platform/defaults.js';
import { type Store, systemStore } from '../platform/storage.js';
import type { OpenPlan, Won } from '../session/negotiate.js';
import type { Session } from '../session/session.js';
import { WEBSOCKET_HEADERS } from '../session/transports/builtin.js';

/** Networks change: facts older than this, in milliseconds, are ignored. */
const LIFETIME_MS = 30 * 60_000;

/** The facts, and the type of each. */
const FACTS: Readonly<Record<keyof Known, string>> = {
  websocket: 'boolean',
  webtransport: 'boolean',
  rttMs: 'number',
  legacy: 'boolean',
};

/** The facts of one server take less, in UTF-16 units: a longer value is from another script. */
const MAX_LENGTH = 500;

/** What is known about one server (origin and path). Each fact is stored with its date: updating one does not renew the others. */
export class TransportMemory {
  constructor(
    private readonly _store: Store,
    private readonly _dateMs: () => number,
    private readonly _key: string,
  ) {}

  recall(): Known {
    const stored = this._recalled();
    const known: Record<string, unknown> = {};
    for (const name in FACTS) {
      const value: unknown = stored[name]?.[0];
      const ageMs = this._dateMs() - (stored[name]?.[1] as number);
      // Another script may have written there.
      const good =
        typeof value === FACTS[name as keyof Known] &&
        Number(value) >= 0 &&
        ageMs >= 0 &&
        ageMs < LIFETIME_MS;
      known[name] = good ? value : undefined;
    }
    return known;
  }

  /** Updates the given facts; the others stay. */
  remember(news: Known): void {
    const stored = this._recalled();
    const facts: Record<string, unknown> = {};
    // Only these: entries of another script could make the value too long to be read.
    for (const name in FACTS)
      facts[name] = name in news ? [news[name as keyof Known], this._dateMs()] : stored[name];
    attempt(() => Promise.resolve(this._store.set(this._key, JSON.stringify(facts))).catch(nothing));
  }

  private _recalled(): { [name: string]: readonly unknown[] | undefined } {
    return {
      ...attempt(() => {
        const text = this._store.get(this._key) as string;
        return text.length < MAX_LENGTH && JSON.parse(text);
      }),
    };
  }
}

class MemoryHooks implements ManagerHooks {
  private _memory: TransportMemory | undefined;

  constructor(private readonly _manager: Manager) {}

  plan(plan: OpenPlan): void {
    const { _manager } = this;
    const { store = systemStore, dateMs } = _manager._environment;
    this._memory = new TransportMemory(store, dateMs, `holdfast:${plan._serverKey}`);
    const { websocket: webSocketFailed, rttMs } = Object.assign(
      _manager._connection._known,
      this._memory.recall(),
    );
    // A list that the program passed keeps its order; only the default list is reordered.
    const own =
      _manager._option('transports') === DEFAULTS.transports && !_manager._option('transportImplementations');
    const worked = _manager._option('rememberUpgrade') && !webSocketFailed && rttMs !== undefined;
    // The session keeps the headers of its first request when it upgrades to WebSocket.
    plan.inTurn = own && !WEBSOCKET_HEADERS && !!_manager._option('extraHeaders');
    const first = own && (webSocketFailed || plan.inTurn) ? 'polling' : worked && 'websocket';
    if (first && plan.names.includes(first))
      plan.names = [first, ...plan.names.filter((name) => name !== first)];
  }

  used(session: Session, { transport, failed, slower, ms }: Won): undefined {
    const { _connection } = this._manager;
    const { name } = transport;
    // A failure while offline means nothing: a failure of WebSocket counts only if polling succeeded in the same attempt.
    const webSocketFailed = name === 'polling' && [...failed, ...slower].includes('websocket');
    if (name === 'websocket' || webSocketFailed) _connection._learn({ websocket: webSocketFailed });
    // Opening a transport takes at least two round trips.
    if (_connection._known.rttMs === undefined) _connection._learn({ rttMs: ms / 2 });
    if (session._setup.unresponsive.some(({ transport }) => transport === 'websocket')) {
      // The server answers here, and did not over WebSocket.
      session.once('message', () => _connection._learn({ websocket: true }));
    }
  }

  learned(news: Known): void {
    this._memory?.remember(news);
  }
}

export const memory = (): Plugin => ({
  name: 'memory',
  manager: (manager) => new MemoryHooks(manager),
});
