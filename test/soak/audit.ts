/** Compares the outcome of each emit with what the server received. */

/** How long a message is remembered, in milliseconds: much longer than any emit may take. */
const memoryMs = 120_000;
const sessionsKept = 20;

export const counts = {
  sent: 0,
  /** Received by the server, without duplicates. */
  arrived: 0,
  acknowledged: 0,
  /** Failed, maybe delivered. */
  maybeDelivered: 0,
  /** Failed, not delivered. */
  failed: 0,
  /** Emitted without a way to report a failure, and in flight at a cut. */
  unreported: 0,
  /** Resent by the option `retries`, and recognised by their keys. */
  repeats: 0,
  /** Events from the server to the client. */
  news: 0,
  /** Disconnects of sockets, of which each connection has three; some are requested by the program. */
  cuts: 0,
  /** Reconnects of connections. */
  reconnects: 0,
  restarts: 0,
};

/** Violations of the delivery guarantees. */
export const faults = {
  lost: 0,
  duplicates: 0,
  disorder: 0,
  corrupt: 0,
  reportedTwice: 0,
  /** Reported as not delivered, but received by the server. */
  deliveredAfterFailure: 0,
  dropped: 0,
};

/** The number of faults still to be printed in detail. */
let detailsLeft = 200;

export function fault(kind: keyof typeof faults, detail: string, times = 1): void {
  faults[kind] += times;
  if (detailsLeft-- > 0) console.log(`${new Date().toISOString()} ${kind}: ${detail}`);
}

interface Entry {
  readonly sinceMs: number;
  received: boolean;
  outcome?: 'acknowledged' | 'maybeDelivered' | 'failed';
}

export interface StreamTraits {
  /** Whether every emit must have an outcome. */
  readonly reported: boolean;
  /** Whether it is resent until it is acknowledged. */
  readonly retried: boolean;
}

/** The messages of one kind emitted by one socket: numbered, so that missing ones are noticed. */
export class Stream {
  private next = 1;
  private readonly open = new Map<number, Entry>();
  private last = 0;
  private lastSession = '';
  private disconnectedAt = 1;
  /** For each session, the first message emitted while the socket was disconnected. */
  private readonly firsts = new Map<string, number>();

  constructor(
    readonly name: string,
    private readonly traits: StreamTraits,
  ) {}

  /** @returns the number of a new message */
  emit(): number {
    counts.sent += 1;
    this.open.set(this.next, { sinceMs: performance.now(), received: false });
    return this.next++;
  }

  end(number: number, error: (Error & { maybeDelivered?: boolean }) | null, answer: unknown): void {
    const entry = this.open.get(number);
    if (!entry || entry.outcome) {
      fault('reportedTwice', `${this.name} ${number}`);
      return;
    }
    if (error && error.maybeDelivered === undefined) fault('dropped', `${this.name} ${number}: ${error}`);
    if (!error && answer !== number) fault('corrupt', `${this.name} ${number} was answered with ${answer}`);
    entry.outcome = !error ? 'acknowledged' : error.maybeDelivered ? 'maybeDelivered' : 'failed';
    counts[entry.outcome] += 1;
  }

  connected(session: string): void {
    this.firsts.set(session, this.disconnectedAt);
    for (const oldest of this.firsts.keys()) {
      if (this.firsts.size <= sessionsKept) break;
      this.firsts.delete(oldest);
    }
  }

  disconnected(): void {
    this.disconnectedAt = this.next;
  }

  /** The server reports that it received this message. */
  received(session: string, number: number): void {
    const entry = this.open.get(number);
    if (!entry || entry.received) {
      if (this.traits.retried) counts.repeats += 1;
      else fault('duplicates', `${this.name} ${number} in ${session}`);
      return;
    }
    entry.received = true;
    counts.arrived += 1;
    const { last, lastSession } = this;
    if (number < last) fault('disorder', `${this.name} ${number} after ${last} in ${session}`);
    else this.checkMissing(number, session, last, lastSession);
    this.last = Math.max(number, last);
    this.lastSession = session;
  }

  /** No message may be missing within a session, nor any kept while the socket was disconnected. */
  private checkMissing(number: number, session: string, last: number, lastSession: string): void {
    if (this.traits.reported) return;
    const first = this.firsts.get(session) ?? Number.POSITIVE_INFINITY;
    const due = session === lastSession ? last + 1 : Math.max(last + 1, first);
    if (number > due) fault('lost', `${this.name} ${due} to ${number - 1} in ${session}`, number - due);
  }

  /** Checks and removes the messages that are old enough, or all of them. */
  sweep(everything: boolean): void {
    const oldMs = performance.now() - memoryMs;
    for (const [number, entry] of this.open) {
      if (!everything && entry.sinceMs > oldMs) break;
      if (!everything && this.traits.retried && !entry.outcome) break;
      this.open.delete(number);
      this.checkOutcome(number, entry);
    }
  }

  private checkOutcome(number: number, { received, outcome }: Entry): void {
    const what = `${this.name} ${number}`;
    if (outcome === 'acknowledged' && !received) fault('lost', `${what} was acknowledged`);
    else if (outcome === 'failed' && received) fault('deliveredAfterFailure', what);
    else if (this.traits.reported && !outcome) fault('lost', `${what} never ended`);
    else if (this.traits.retried && !received) fault('lost', `${what} ended as ${outcome}`);
    else if (!outcome && !received) counts.unreported += 1;
  }

  /** Whether every emit that must have an outcome has one. */
  get settled(): boolean {
    return !this.traits.reported || ![...this.open.values()].some(({ outcome }) => !outcome);
  }
}
