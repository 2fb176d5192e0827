/**
 * What holdfast uses of a transport: those of engine.io-client, and classes that a program passes. They are used by shape,
 * never by `instanceof`.
 */
import { type Cancel, type Clock, nothing } from '../../platform/clock.js';
import type { Failure } from '../../platform/errors.js';
import { type Handshake, parseHandshake } from '../../protocol/handshake.js';

/** An Engine.IO packet as a transport gives and takes it. */
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

/** What some transports have beside that. */
interface Extras {
  /** The browser's WebSocket. */
  readonly ws?: { readonly bufferedAmount?: number; readonly readyState?: number } | null;
  /** Ends at once, with one last request that outlives the page. */
  closeNow?(packets: readonly EnginePacket[]): void;
  uri?(): string;
  /** How long it had been on its way when it was made, in milliseconds: of one that was begun elsewhere. */
  readonly _aheadMs?: number;
}

export const extrasOf = (transport: Transport): Extras => transport as unknown as Extras;

const OPEN = 1;

/** Whether what is given now reaches the wire at all: a WebSocket that is closing swallows it before it tells. */
export const isTaking = (transport: Transport): boolean =>
  (extrasOf(transport).ws?.readyState ?? OPEN) === OPEN;

/** What a WebSocket has taken over and not yet sent, in bytes; undefined where the transport has none. */
export function webSocketBytes(transport: Transport): number | undefined {
  const { ws } = extrasOf(transport);
  return ws ? (ws.bufferedAmount ?? 0) : undefined;
}

/** A transport that has finished its handshake. */
export interface Dialled {
  readonly transport: Transport;
  readonly handshake: Handshake;
}

/** What a transport tells on its way to the handshake; one of the two last, once. */
export interface DialEvents {
  /** It has been on its way for so many milliseconds already. */
  ahead(ms: number): void;
  /** The transport itself is open. */
  opened(): void;
  shaken(dialled: Dialled): void;
  failed(failure: Failure): void;
}

/** A poll that nobody waits for any more gets this long to tell of the session that is to be closed, in milliseconds. */
const ORPHAN_DEADLINE_MS = 10_000;

/** Closes a transport that nobody listens to any more. */
export function discard(transport: Transport | undefined): void {
  transport?.removeAllListeners();
  transport?.close();
}

/**
 * Opens a transport up to a valid Engine.IO handshake: an open connection proves nothing.
 *
 * @returns gives it up. Long-polling whose handshake is still under way is closed as soon as the session's id is known
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

/** However long a server asks to be left alone, in milliseconds. */
const LONGEST_RETRY_AFTER_MS = 600_000;

/** What there is to tell of a transport's failure. */
export function failureOf(error: unknown): Failure {
  const { message, description, context } = (error ?? {}) as {
    message?: string;
    description?: unknown;
    context?: { responseText?: string; header?(name: string): string | null };
  };
  const failure = { message: `${message ?? error}`, ...(error instanceof Error && { cause: error }) };
  if (typeof description !== 'number' || description <= 0) return failure;
  const seconds = Number(context?.header?.('retry-after'));
  // XMLHttpRequest throws where its answer is not text.
  const responseText = context?.header ? context.responseText?.slice(0, 200) : undefined;
  return {
    ...failure,
    status: description,
    ...(responseText && { responseText }),
    ...(seconds > 0 && { retryAfterMs: Math.min(seconds * 1_000, LONGEST_RETRY_AFTER_MS) }),
  };
}
