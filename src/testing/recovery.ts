/** Connection state recovery: keeps lost sessions and their missed packets for a while. */
import type { Clock } from '../platform/clock.js';
import type { EventData } from '../protocol/packet.js';
import type { Audience, Room } from './rooms.js';

/** A lost session that may be recovered. */
export interface LostSession {
  readonly id: string;
  readonly pid: string;
  readonly rooms: readonly Room[];
  readonly data: unknown;
  readonly lostAtMs: number;
}

interface Kept {
  readonly offset: string;
  readonly data: EventData;
  readonly audience: Audience;
  readonly sentAtMs: number;
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_';

/** Disconnect reasons after which a session may be recovered, as on a real server. */
const RECOVERABLE = /^(transport (error|close)|forced (server )?close|ping timeout|server shutting down)$/;

/** The recovery of one namespace. */
export class Recovery {
  private readonly _sessions: Map<string, LostSession> = new Map();
  private _packets: Kept[] = [];
  private _lastMs = 0;
  private _inThisMs = 0;

  constructor(
    private readonly _clock: Clock,
    private readonly _dateMs: () => number,
    private readonly _lifetimeMs: number,
  ) {}

  /** Keeps an event that a client may miss. Returns the event with its offset, as clients get it. */
  keep(data: EventData, audience: Audience): EventData {
    this._forget();
    const offset = this._nextOffset();
    const marked: EventData = [...data, offset];
    this._packets.push({ offset, data: marked, audience, sentAtMs: this._clock.now() });
    return marked;
  }

  lost(session: Omit<LostSession, 'lostAtMs'>, reason: string): void {
    if (!RECOVERABLE.test(reason)) return;
    this._sessions.set(session.pid, { ...session, lostAtMs: this._clock.now() });
  }

  /** The session of a returning client, and its missed events. */
  restore(pid: unknown, offset: unknown): { session: LostSession; missed: EventData[] } | undefined {
    this._forget();
    const session = typeof pid === 'string' ? this._sessions.get(pid) : undefined;
    if (!session) return undefined;
    const at = this._packets.findIndex((packet) => packet.offset === offset);
    // The events after an offset that is no longer known cannot be determined.
    if (at < 0) return undefined;
    this._sessions.delete(session.pid);
    const missed = this._packets.slice(at + 1).flatMap(({ data, audience }) => {
      const { rooms, except } = audience;
      const included = rooms.size === 0 || session.rooms.some((room) => rooms.has(room));
      return included && !session.rooms.some((room) => except.has(room)) ? [data] : [];
    });
    return { session, missed };
  }

  clear(): void {
    this._sessions.clear();
    this._packets = [];
  }

  private _forget(): void {
    const oldestMs = this._clock.now() - this._lifetimeMs;
    this._packets = this._packets.filter(({ sentAtMs }) => sentAtMs >= oldestMs);
    for (const [pid, { lostAtMs }] of this._sessions) if (lostAtMs < oldestMs) this._sessions.delete(pid);
  }

  /** The time in base 64, and a number for events of the same millisecond: the form of servers with the in-memory adapter. */
  private _nextOffset(): string {
    const nowMs = Math.floor(this._dateMs());
    let text = '';
    for (let rest = nowMs; rest > 0; rest = Math.floor(rest / 64)) text = (DIGITS[rest % 64] ?? '') + text;
    this._inThisMs = nowMs === this._lastMs ? this._inThisMs + 1 : 0;
    this._lastMs = nowMs;
    return this._inThisMs > 0 ? `${text}.${this._inThisMs - 1}` : text;
  }
}
