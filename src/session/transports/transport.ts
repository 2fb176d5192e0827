/**
 * The members of a transport that holdfast uses: those of engine.io-client, and classes that a program passes. Only their shape matters,
 * never `instanceof`.
 */
import { type Cancel, type Clock, nothing } from '../../platform/clock.js';
import type { Failure } from '../../platform/errors.js';
import { type Handshake, parseHandshake } from '../../protocol/handshake.js';

/** An Engine.IO packet as transports send and receive it. */
export interface EnginePacket {
  readonly type: string;
  readonly data?: unknown;
  readonly options?: { readonly compress?: boolean };
}

export interface Transport {
  readonly name: string;
  readonly readyState?: string;
  readonly writable: boolean;
  readonly query: { [name: string]: unknown };
  open(): unknown;
  close(): unknown;
  send(packets: readonly EnginePacket[]): void;
  pause(done: () => void): void;
  on(event: string, listener: (value: never) => void): unknown;
  removeAllListeners(): unknown;
}

/** Members that only some transports have. */
interface Extras {
  /** The browser's WebSocket. */
  readonly ws?: { readonly bufferedAmount?: number; readonly readyState?: number } | null;
  /** Ends at once, with one last request that outlives the page. */
  closeNow?(packets: readonly EnginePacket[]): void;
  uri?(): string;
  /** How long it had been opening when it was created, in milliseconds: for a transport opened elsewhere. */
  readonly _aheadMs?: number;
}

export const extrasOf = (transport: Transport): Extras => transport as unknown as Extras;

const OPEN = 1;

/** Whether data given now can reach the wire: a closing WebSocket silently discards it. */
export const isTaking = (transport: Transport): boolean =>
  (extrasOf(transport).ws?.readyState ?? OPEN) === OPEN;

/** The bytes that a WebSocket has accepted but not yet sent; undefined for other transports. */
export function webSocketBytes(transport: Transport): number | undefined {
  const { ws } = extrasOf(transport);
  return ws ? (ws.bufferedAmount ?? 0) : undefined;
}

/** A transport that has finished its handshake. */
export interface Dialled {
  readonly transport: Transport;
  readonly handshake: Handshake;
}

/** What a transport reports before its handshake; one of the last two, once. */
export interface DialEvents {
  /** It has already been opening for this many milliseconds. */
  ahead(ms: number): void;
  /** The transport itself is open. */
  opened(): void;
  shaken(dialled: Dialled): void;
  failed(failure: Failure): void;
}

/** An abandoned poll gets this long, in milliseconds, to reveal the session that must be closed. */
const ORPHAN_DEADLINE_MS = 10_000;

/** Closes a transport that is no longer used. */
export function discard(transport: Transport | undefined): void {
  transport?.removeAllListeners();
  transport?.close();
}

/**
 * Opens a transport up to a valid Engine.IO handshake: an open connection proves nothing.
 *
 * @returns cancels it. Long-polling whose handshake is still pending is closed as soon as the session's id is known
 * (Engine.IO v4, "Close"), so that the session is not left on the server until its ping timeout.
 */
export function dial(create: () => Transport, clock: Clock, on: DialEvents): Cancel {
  let transport: Transport | undefined;
  let over = false;
  let stopWaiting = nothing;
  const end = (): void => {
    over = true;
    stopWaiting();
    discard(transport);
  };
  const fail = (error: unknown): void => {
    const given = over;
    end();
    if (!given) on.failed(failureOf(error));
  };
  try {
    const made = create();
    transport = made;
    const { _aheadMs } = extrasOf(made);
    if (_aheadMs) on.ahead(_aheadMs);
    made.on('open', on.opened);
    made.on('error', fail);
    made.on('close', () => fail(`${made.name} closed before its handshake`));
    made.on('packet', ({ type, data }: EnginePacket) => {
      const handshake = type === 'open' ? parseHandshake(data) : `unexpected ${type} packet`;
      if (typeof handshake === 'string') fail(handshake);
      else if (over) {
        made.query.sid = handshake.sid;
        end();
      } else {
        over = true;
        made.removeAllListeners();
        on.shaken({ transport: made, handshake });
      }
    });
    made.open();
  } catch (error) {
    fail(error);
  }
  return () => {
    if (over) return;
    if (transport?.name !== 'polling' || transport.readyState !== 'opening') end();
    else {
      over = true;
      stopWaiting = clock.after(ORPHAN_DEADLINE_MS, end, true);
    }
  };
}

/** The longest `Retry-After` that is obeyed, in milliseconds. */
const LONGEST_RETRY_AFTER_MS = 600_000;

/** The known details of a transport's failure. */
export function failureOf(error: unknown): Failure {
  const { message, description, context } = (error ?? {}) as {
    message?: string;
    description?: unknown;
    context?: { responseText?: string; header?(name: string): string | null };
  };
  const failure = { message: `${message ?? error}`, ...(error instanceof Error && { cause: error }) };
  if (typeof description !== 'number' || description <= 0) return failure;
  const seconds = Number(context?.header?.('retry-after'));
  // XMLHttpRequest throws if its response is not text.
  const responseText = context?.header ? context.responseText?.slice(0, 200) : undefined;
  return {
    ...failure,
    status: description,
    ...(responseText && { responseText }),
    ...(seconds > 0 && { retryAfterMs: Math.min(seconds * 1_000, LONGEST_RETRY_AFTER_MS) }),
  };
}
