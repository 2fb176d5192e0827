import { DEVELOPMENT } from './build.js';

/** What went wrong, in one word that a program may branch on. */
export type ErrorCode =
  | 'BAD_ADDRESS'
  | 'BAD_OPTION'
  | 'BAD_EVENT'
  | 'RESERVED_EVENT'
  | 'UNSERIALIZABLE'
  | 'AUTH_FAILED'
  | 'CONNECT_REJECTED'
  | 'CONNECT_TIMEOUT'
  | 'LEGACY_SERVER'
  | 'NEGOTIATION_FAILED'
  | 'TRANSPORT_FAILED'
  | 'ACK_TIMEOUT'
  | 'DISCONNECTED'
  | 'DROPPED'
  | 'TOO_LARGE'
  | 'OUTBOX_FULL'
  | 'INBOX_FULL'
  | 'EXPIRED'
  | 'CLEARED'
  | 'ABORTED'
  | 'TOO_MANY_ACKS'
  | 'QUEUE_FULL'
  | 'INVALID'
  | 'HANDLER_FAILED'
  | 'EXPECTATION_FAILED'
  | 'CONNECTIONS_OPEN'
  | 'NOT_SUPPORTED'
  | 'STORAGE_FULL'
  | 'STORAGE_UNAVAILABLE'
  | 'STORAGE_VERSION'
  | 'STORAGE_BLOCKED'
  | 'STORAGE_CORRUPT'
  | 'STORAGE_EVICTED';

/** The official client's message for a server of Socket.IO 1 or 2, and what to do. */
export const LEGACY: string =
  'It seems you are trying to reach a Socket.IO server in v2.x with a v3.x client, but they are not compatible' +
  (DEVELOPMENT
    ? '; import { legacy } from "holdfast/legacy" and pass it: io(url, { plugins: [legacy()] })'
    : '');

/** Where a code is explained: the address of a document of the package, and the section in it. */
export const helpOf = (code: ErrorCode): string =>
  `https://unpkg.com/holdfast/docs/errors.md#${code.toLowerCase()}`;

/** Codes whose message is not holdfast's: programs match on the text of the official client, the server, or their own `auth`. */
const OTHERS_WORDS = /AUTH|CONNECT|LEGACY|NEGOTIATION|ACK_|RESERVED/;

/**
 * A holdfast error. `code` is stable; the message is for people. In the development build it is longer and ends with the address in `help`,
 * unless programs match on the message.
 */
export class HoldfastError extends Error {
  /** What went wrong, in one word. */
  readonly code: ErrorCode;
  /** What the server's middleware attached to its refusal (`err.data`). */
  declare data?: unknown;
  /** Whether the event had been sent, so that the server may have received it although no acknowledgement came. */
  declare maybeDelivered?: boolean;

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(DEVELOPMENT && !OTHERS_WORDS.test(code) ? `${message} (${helpOf(code)})` : message);
    this.code = code;
    if (cause !== undefined) this.cause = cause;
  }

  /** Where this error is explained, with its usual causes and what to do: a file of the package, and the section in it. */
  get help(): string {
    return helpOf(this.code);
  }
}

/** How far a candidate got: the transport's own opening, the Engine.IO handshake, the answer to the first CONNECT. */
export type AttemptPhase = 'open' | 'handshake' | 'connect';

/** What is known about a transport's failure. */
export interface Failure {
  /** The official client's message for the failure. */
  readonly message: string;
  /** The HTTP status, if there was a response. */
  readonly status?: number;
  /** The response of the server or a proxy, cut to 200 characters. */
  readonly responseText?: string;
  /** How long the server asked not to be contacted, in milliseconds (HTTP `Retry-After`). */
  readonly retryAfterMs?: number;
  /** The error of the transport. */
  readonly cause?: unknown;
}

/** A transport that was tried, and how it failed. */
export interface Attempt extends Failure {
  /** `websocket`, `polling`, `webtransport`, or the name of the program's own class. */
  readonly transport: string;
  /** How far it got: `open`, the transport itself; `handshake`, that of Engine.IO; `connect`, the answer to the first CONNECT. */
  readonly phase: AttemptPhase;
  /** From the start of this candidate to its end, in milliseconds. */
  readonly ms: number;
}

/** The error of `connect_error` and `reconnectOnReject`: `data` is what the server's middleware attached. */
export interface ConnectError extends Error {
  /** What the server's middleware attached to its refusal (`err.data`). */
  // biome-ignore lint/suspicious/noExplicitAny: the server's own data, typed as in the official client
  data?: any;
  /** What went wrong, in one word. */
  code?: ErrorCode;
  /** Where the code is explained, and what to do. */
  help?: string;
  /** If no transport opened: the attempts. */
  attempts?: readonly Attempt[];
  /** If no transport opened: how to fix it; only in the development build. */
  hint?: string;
}

/** No transport opened. The message is the official client's for the last candidate. */
export class ConnectionError extends HoldfastError {
  /** `TransportError` if a transport failed; undefined if time ran out. */
  declare readonly type?: 'TransportError';
  /** What was tried, in order. */
  readonly attempts: readonly Attempt[];
  /** How to fix it; only in the development build. */
  declare hint?: string;
  /** The transport's description: an HTTP status or the browser's event. */
  readonly description: unknown;
  /** More from the transport, for instance the response. */
  readonly context: unknown;

  constructor(message: string, attempts: readonly Attempt[], cause?: unknown) {
    super(message === LEGACY ? 'LEGACY_SERVER' : 'NEGOTIATION_FAILED', message, cause);
    const { type, description, context, attempts: own } = (cause ?? {}) as Partial<ConnectionError>;
    // A transport that is itself a way to a connection knows better.
    this.attempts = own ?? attempts;
    if (type) this.type = type;
    this.description = description;
    this.context = context;
  }
}
