import type { Payload } from './application.js';

/** The program's options for one emit. */
export interface Wanted {
  readonly volatile: boolean;
  /** The receiver of the acknowledgement: none, a plain callback, or one with an error first, which must be called. */
  readonly told: 'nobody' | 'plain' | 'error first';
  readonly signal: AbortSignal | undefined;
  /** Whether it has a timeout of any kind. */
  readonly timed: boolean;
}

/** One emit and its history. */
export interface Emitted extends Wanted {
  readonly nsp: string;
  readonly payload: Payload;
  /** How many more times than once it may be sent. */
  readonly retries: number;
  /** How often the client has handed it completely to a transport. */
  handed: number;
  delivered: number;
  replied: number;
  /** Each `null` is an acknowledgement. */
  readonly ends: (Error | null)[];
  /** Whether it had left its socket when the program or the server ended the socket's session. */
  leftBeforeEnd: boolean;
  /** Whether resent emits may overtake it. */
  readonly apart: boolean;
}

/** Errors that mean that the server has never received it, and never will. */
const NEVER_SENT: ReadonlySet<unknown> = new Set([
  'DROPPED',
  'TOO_LARGE',
  'OUTBOX_FULL',
  'EXPIRED',
  'CLEARED',
  'TOO_MANY_ACKS',
]);

interface Told extends Error {
  readonly code?: string;
  readonly maybeDelivered?: boolean;
}

/** The model: the emits, their outcomes, and the invariants. */
export class EmitLog {
  readonly all: Emitted[] = [];
  /** The violations found. */
  readonly faults: string[] = [];
  /** The last first delivery, for each namespace, and separately for volatile events if others are resent. */
  readonly #reached = new Map<string, number>();
  readonly #heard = new Map<string, number>();

  add(nsp: string, retries: number, payload: Payload, wanted: Wanted): Emitted {
    const emitted: Emitted = {
      ...wanted,
      nsp,
      payload,
      retries: wanted.volatile ? 0 : retries,
      handed: 0,
      delivered: 0,
      replied: 0,
      ends: [],
      leftBeforeEnd: false,
      apart: wanted.volatile && retries > 0,
    };
    this.all[payload.id] = emitted;
    return emitted;
  }

  complain(what: string): void {
    this.faults.push(what);
  }

  handed(id: number): void {
    const one = this.#get(id);
    one.handed += 1;
    if (one.handed > one.retries + 1) this.complain(`${name(one)} was sent ${one.handed} times`);
    this.#checkUnsent(one);
  }

  delivered(nsp: string, { id }: Payload): void {
    const one = this.#get(id);
    one.delivered += 1;
    if (one.nsp !== nsp) this.complain(`${name(one)} was delivered to ${nsp}`);
    if (one.delivered > one.retries + 1) this.complain(`${name(one)} was delivered ${one.delivered} times`);
    if (one.delivered > 1) return;
    // The queue of retries does not delay volatile events.
    const row = `${nsp} ${one.apart}`;
    const last = this.#reached.get(row) ?? -1;
    if (last > id) this.complain(`${name(one)} was delivered after ${last}`);
    this.#reached.set(row, Math.max(last, id));
  }

  /** An emit ends: with an acknowledgement, an error, or the event `dropped`. */
  ended(one: Emitted, error: Error | null, how: 'callback' | 'dropped' = 'callback'): void {
    one.ends.push(error);
    if (one.ends.length > 1)
      this.complain(`${name(one)} ended ${one.ends.length} times: ${one.ends.map(show).join(', ')}`);
    if (how === 'dropped' && one.told === 'error first')
      this.complain(`${name(one)} was told by "dropped", and has a callback`);
    if (error === null) this.#checkAcknowledged(one);
    else this.#checkError(one, error);
  }

  /** The server's own event has arrived. */
  heard(nsp: string, news: number): void {
    const last = this.#heard.get(nsp) ?? -1;
    if (news <= last) this.complain(`the server's event ${news} came after ${last}, in ${nsp}`);
    this.#heard.set(nsp, news);
  }

  /**
   * The session of a socket has ended for another reason than a lost connection.
   *
   * @param waiting the emits still in the socket, which are sent when it is connected again
   */
  sessionEnded(nsp: string, waiting: ReadonlySet<number>): void {
    for (const one of this.all) if (one.nsp === nsp && !waiting.has(one.payload.id)) one.leftBeforeEnd = true;
  }

  /** Checks the final state while connected: all guarantees were kept. */
  checkAtRest(): void {
    for (const one of this.all) {
      if (one.delivered > 0 || one.ends.length > 0 || one.volatile) continue;
      // Emits left behind by a program that closes the connection end with it.
      const gone = one.retries === 0 && (one.handed > 0 || one.leftBeforeEnd);
      if (!gone) this.complain(`${name(one)} was forgotten: neither delivered nor told`);
    }
  }

  /** Checks the state without sockets: nothing is pending any more. */
  checkOver(): void {
    for (const one of this.all) {
      if (one.told === 'error first' && one.ends.length === 0) this.complain(`${name(one)} never ended`);
    }
  }

  #get(id: number): Emitted {
    const one = this.all[id];
    if (!one) throw new Error(`nobody has emitted ${id}`);
    return one;
  }

  #checkAcknowledged(one: Emitted): void {
    if (one.replied === 0) this.complain(`${name(one)} was acknowledged by nobody`);
    if (one.delivered === 0) this.complain(`${name(one)} was acknowledged, and never delivered`);
  }

  #checkError(one: Emitted, error: Told): void {
    const { code, maybeDelivered } = error;
    const expected =
      one.signal?.aborted === true && error === one.signal.reason
        ? true
        : code === 'ACK_TIMEOUT'
          ? one.timed && typeof maybeDelivered === 'boolean'
          : code === 'DISCONNECTED'
            ? typeof maybeDelivered === 'boolean'
            : NEVER_SENT.has(code);
    if (!expected) this.complain(`${name(one)} ended with ${show(error)}`);
    // The guarantee of a requeue: an emit that no transport had returns to the outbox, and is not dropped.
    const givenUp = code === 'DISCONNECTED' && maybeDelivered === true && one.handed === 0;
    if (givenUp && !one.leftBeforeEnd)
      this.complain(`${name(one)} was given up, and no transport had it: ${show(error)}`);
    this.#checkUnsent(one);
  }

  #checkUnsent(one: Emitted): void {
    // The error of the last attempt counts.
    if (one.retries > 0 || one.handed === 0) return;
    const lie = one.ends.find((error) => error && neverSent(error));
    if (lie) this.complain(`${name(one)} was sent, and told ${show(lie)}`);
  }
}

const neverSent = ({ code, maybeDelivered }: Told): boolean =>
  NEVER_SENT.has(code) || maybeDelivered === false;

const name = (one: Emitted): string =>
  `emit ${one.payload.id} of ${one.nsp}${one.volatile ? ' (volatile)' : ''}${one.told === 'nobody' ? '' : ` (${one.told})`}`;

const show = (error: Told | null): string =>
  error ? `${error.code ?? error.message} (maybeDelivered: ${error.maybeDelivered})` : 'an acknowledgement';
