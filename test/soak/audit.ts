/** Compares what was promised to the program with what the server had. */

/** How long a message is remembered, in milliseconds: far longer than any of them may take to end. */
const memoryMs = 120_000;
const sessionsKept = 20;

export const counts = {
  sent: 0,
  /** At the server, each counted once. */
  arrived: 0,
  acknowledged: 0,
  /** An error that says: perhaps delivered. */
  maybeDelivered: 0,
  /** An error that says: not delivered. */
  failed: 0,
  /** Emitted without asking to be told, and in flight at a cut. */
  untold: 0,
  /** Sent again by the option `retries`, and told apart by their keys. */
  repeats: 0,
  /** From the server to the client. */
  news: 0,
  /** Of sockets, three to a connection; some of them by hand. */
  cuts: 0,
  /** Of connections. */
  reconnects: 0,
  restarts: 0,
};

/** What must not be. */
export const faults = {
  lost: 0,
  duplicates: 0,
  disorder: 0,
  corrupt: 0,
  toldTwice: 0,
  /** Said to be not delivered, and the server had it. */
  deliveredAfterAll: 0,
  dropped: 0,
};

/** So many faults are told in words. */
let stories = 200;

export function fault(kind: keyof typeof faults, story: string, times = 1): void {
  faults[kind] += times;
  if (stories-- > 0) console.log(`${new Date().toISOString()} ${kind}: ${story}`);
}

interface Entry {
  readonly sinceMs: number;
  received: boolean;
  outcome?: 'acknowledged' | 'maybeDelivered' | 'failed';
}

export interface StreamTraits {
  /** Whether the program is told in the end, whatever happens. */
  readonly told: boolean;
  /** Whether it is sent until it is acknowledged. */
  readonly retried: boolean;
}

/** The messages of one kind that one socket emits: numbered, so that a hole is seen. */
export class Stream {
  private next = 1;
  private readonly open = new Map<number, Entry>();
  private last = 0;
  private lastSession = '';
  private awayFrom = 1;
  /** For each session, the first message that was emitted while the socket was away. */
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
      fault('toldTwice', `${this.name} ${number}`);
      return;
    }
    if (error && error.maybeDelivered === undefined) fault('dropped', `${this.name} ${number}: ${error}`);
    if (!error && answer !== number) fault('corrupt', `${this.name} ${number} was answered with ${answer}`);
    entry.outcome = !error ? 'acknowledged' : error.maybeDelivered ? 'maybeDelivered' : 'failed';
    counts[entry.outcome] += 1;
  }

  connected(session: string): void {
    this.firsts.set(session, this.awayFrom);
    for (const oldest of this.firsts.keys()) {
      if (this.firsts.size <= sessionsKept) break;
      this.firsts.delete(oldest);
    }
  }

  disconnected(): void {
    this.awayFrom = this.next;
  }

  /** The server says that it has had this message. */
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
    else this.look(number, session, last, lastSession);
    this.last = Math.max(number, last);
    this.lastSession = session;
  }

  /** Nothing may be missing within a session, nor of what was kept while the socket was away. */
  private look(number: number, session: string, last: number, lastSession: string): void {
    if (this.traits.told) return;
    const first = this.firsts.get(session) ?? Number.POSITIVE_INFINITY;
    const due = session === lastSession ? last + 1 : Math.max(last + 1, first);
    if (number > due) fault('lost', `${this.name} ${due} to ${number - 1} in ${session}`, number - due);
  }

  /** Looks at what is old enough, or at everything, and forgets it. */
  sweep(everything: boolean): void {
    const oldMs = performance.now() - memoryMs;
    for (const [number, entry] of this.open) {
      if (!everything && entry.sinceMs > oldMs) break;
      if (!everything && this.traits.retried && !entry.outcome) break;
      this.open.delete(number);
      this.judge(number, entry);
    }
  }

  private judge(number: number, { received, outcome }: Entry): void {
    const what = `${this.name} ${number}`;
    if (outcome === 'acknowledged' && !received) fault('lost', `${what} was acknowledged`);
    else if (outcome === 'failed' && received) fault('deliveredAfterAll', what);
    else if (this.traits.told && !outcome) fault('lost', `${what} never ended`);
    else if (this.traits.retried && !received) fault('lost', `${what} ended as ${outcome}`);
    else if (!outcome && !received) counts.untold += 1;
  }

  /** Whether there is nobody who still has to be told. */
  get settled(): boolean {
    return !this.traits.told || ![...this.open.values()].some(({ outcome }) => !outcome);
  }
}
