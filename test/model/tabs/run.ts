import fc from 'fast-check';
import { Manager } from '../../../src/io.js';
import type { Options } from '../../../src/platform/options.js';
import { tabs } from '../../../src/plugins/tabs/index.js';
import type { Socket } from '../../../src/socket/socket.js';
import { FakeBrowser, type FakeTab } from '../../support/fake-tabs.js';
import { type Frame, Network } from '../network.js';
import type { Time } from '../time.js';
import { transportsOver } from '../transports.js';
import { TabServer } from './server.js';

/** Several tabs of one site act at random, with simulated locks, channels and network. */

export type Op =
  | { readonly do: 'emit'; readonly tab: number; readonly how: How; readonly count: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'open'; readonly visible: boolean }
  | {
      readonly do: 'close' | 'crash' | 'hang' | 'wake' | 'freeze' | 'resume' | 'leave' | 'join';
      readonly tab: number;
    }
  | { readonly do: 'show' | 'hide'; readonly tab: number }
  | { readonly do: 'rejoin'; readonly tab: number; readonly pause: Pause }
  | { readonly do: 'cut'; readonly up: boolean; readonly page: boolean; readonly server: boolean }
  | { readonly do: 'refuse'; readonly refusing: boolean }
  | { readonly do: 'garbage'; readonly message: unknown }
  | { readonly do: 'news' | 'ask' | 'restart' };

/** What happens between `disconnect()` and `connect()`. */
export type Pause = 'nothing' | 'microtask' | 'task' | 'message';

export interface How {
  readonly ack: boolean;
  readonly binary: boolean;
  /** How long the server takes to answer. */
  readonly patience: number;
}

export interface Start {
  readonly recovers: boolean;
  readonly latencyMs: number;
  /** The latency of every second tab is larger by this factor. */
  readonly slower: number;
  /** Whether a tab that continues handles what came over the network first. */
  readonly networkFirst: boolean;
  readonly tabs: number;
  /** How the tabs leave and return at the end. */
  readonly pause: Pause;
}

/** The maximum number of open tabs. */
const MAX_TABS = 5;

const tab = fc.nat({ max: MAX_TABS - 1 });

const pause = fc.constantFrom<Pause[]>('nothing', 'microtask', 'task', 'message');

export const starts: fc.Arbitrary<Start> = fc.record({
  recovers: fc.boolean(),
  latencyMs: fc.constantFrom(1, 20, 100),
  slower: fc.constantFrom(1, 1, 2),
  networkFirst: fc.boolean(),
  tabs: fc.integer({ min: 1, max: 4 }),
  pause,
});

const how: fc.Arbitrary<How> = fc.record({
  ack: fc.boolean(),
  binary: fc.boolean(),
  patience: fc.constantFrom(0, 0, 50, 1_000, 5_000),
});

export const programs: fc.Arbitrary<Op[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('emit' as const),
        tab,
        how,
        count: fc.constantFrom(1, 1, 1, 3, 20),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('pass' as const),
        ms: fc.constantFrom(0, 1, 2, 5, 20, 50, 110, 500, 1_500, 3_000, 6_000, 15_000),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('open' as const), visible: fc.boolean() }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constantFrom(
          ...([
            'close',
            'crash',
            'hang',
            'wake',
            'freeze',
            'resume',
            'leave',
            'join',
            'show',
            'hide',
          ] as const),
        ),
        tab,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('rejoin' as const),
        tab,
        pause,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('cut' as const),
        up: fc.boolean(),
        page: fc.boolean(),
        server: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('refuse' as const), refusing: fc.boolean() }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('garbage' as const),
        message: fc.oneof(
          fc.jsonValue(),
          fc.tuple(
            fc.constantFrom(
              'open',
              'data',
              'ask',
              'pass',
              'auth',
              'seat',
              'up',
              'down',
              'packet',
              'join',
              'info',
            ),
            fc.oneof(fc.string(), fc.integer(), fc.constant(null)),
            fc.jsonValue(),
            fc.jsonValue(),
          ),
        ),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constantFrom(...(['news', 'news', 'ask', 'restart'] as const)) }),
    },
  ),
  { maxLength: 40 },
);

interface Emitted {
  readonly number: number;
  readonly seat: Seat;
  readonly how: How;
  /** How often a tab has handed it completely to a transport. */
  handed: number;
  delivered: number;
  replied: number;
  readonly ends: (Error | null)[];
  /** Whether it had left its socket when the program left. */
  left: boolean;
}

/** One tab and its program. */
interface Seat {
  readonly number: number;
  readonly tab: FakeTab;
  readonly network: Network;
  readonly manager: Manager;
  readonly socket: Socket;
  /** The last event of the server that it received, and whether it was notified of a gap since. */
  heard: number | undefined;
  mayMiss: boolean;
  wanted: boolean;
  /** Whether it was frozen or left, so that its emits may be lost silently. */
  parted: boolean;
  hangs: boolean;
  frozen: boolean;
}

const REST_MS = 240_000;

export class TabRun {
  readonly browser: FakeBrowser = new FakeBrowser();
  readonly server: TabServer;
  readonly seats: Seat[] = [];
  readonly emitted: Emitted[] = [];
  readonly faults: string[] = [];
  readonly tally: Record<string, number> = {};
  readonly #start: Start;
  /** The last first delivery of each tab. */
  readonly #reached = new Map<Seat, number>();
  readonly #answered = new Map<number, number>();
  #news = 0;
  #questions = 0;
  #half: number | undefined;
  #refusing = false;

  constructor(start: Start) {
    this.#start = start;
    this.server = new TabServer(this.browser.world, start.recovers, {
      delivered: (number) => this.#delivered(number),
      replied: (number) => {
        (this.emitted[number] as Emitted).replied += 1;
      },
      answered: (question) => {
        const times = (this.#answered.get(question) ?? 0) + 1;
        this.#answered.set(question, times);
        this.#count('answers');
        if (times > 1) this.complain(`question ${question} was answered ${times} times`);
      },
      complain: (what) => this.complain(`the server was told ${what}`),
    });
    for (let i = 0; i < start.tabs; i += 1) this.open(true);
  }

  complain(what: string): void {
    this.faults.push(what);
  }

  #count(what: string): void {
    this.tally[what] = (this.tally[what] ?? 0) + 1;
  }

  open(visible: boolean): void {
    const { browser, server } = this;
    const tab = browser.open({ visible });
    const time = { world: browser.world, toPage: (task: () => void) => tab.take(task) };
    const network = new Network(time as unknown as Time, server, (frame) => this.#handed(frame));
    network.up.latencyMs = network.down.latencyMs =
      this.#start.latencyMs * this.#start.slower ** (this.seats.length % 2);
    network.refusing = this.#refusing;
    const manager = new Manager(
      'http://host.test',
      { transports: [transportsOver(network).websocket], plugins: [tabs()] } as Options,
      tab,
    );
    const socket = manager.socket('/') as unknown as Socket;
    const seat: Seat = {
      number: this.seats.length,
      tab,
      network,
      manager: manager as Manager,
      socket,
      heard: undefined,
      mayMiss: true,
      wanted: true,
      parted: false,
      hangs: false,
      frozen: false,
    };
    this.seats.push(seat);
    socket.on('news', (news: number) => {
      const { heard } = seat;
      if (heard !== undefined && news <= heard)
        this.complain(`tab ${seat.number} heard ${news} after ${heard}`);
      if (heard !== undefined && news > heard + 1 && !seat.mayMiss)
        this.complain(`tab ${seat.number} heard ${news} after ${heard}, and was told of no gap`);
      seat.heard = news;
      seat.mayMiss = false;
    });
    socket.on('gap', () => {
      seat.mayMiss = true;
      this.#count('gaps');
    });
    socket.on('connect', () => {
      if (socket.recovered) this.#count('recoveries');
    });
    socket.on('question', (_question: number, answer: () => void) => answer());
    manager.on('sharing', ({ role }) => this.#count(role));
  }

  async do(op: Op): Promise<void> {
    const { browser } = this;
    const alive = this.seats.filter(({ tab }) => !tab.gone);
    const seat = 'tab' in op ? alive[op.tab % Math.max(1, alive.length)] : undefined;
    switch (op.do) {
      case 'emit':
        if (seat && !seat.hangs && !seat.frozen)
          for (let i = 0; i < op.count; i += 1) this.#emit(seat, op.how);
        break;
      case 'pass':
        await browser.pass(op.ms);
        break;
      case 'open':
        if (alive.length < MAX_TABS) this.open(op.visible);
        break;
      case 'close':
        if (seat) await this.#close(seat);
        break;
      case 'crash':
        if (!seat) break;
        seat.network.cut({ up: true, down: false, page: false, server: true });
        seat.tab.crash();
        break;
      case 'hang':
        if (seat && !seat.frozen) {
          seat.hangs = true;
          seat.tab.hang();
        }
        break;
      case 'wake':
        if (seat && !seat.frozen) this.#wake(seat);
        break;
      case 'freeze':
        if (!seat || seat.hangs || seat.frozen) break;
        seat.frozen = true;
        seat.parted = true;
        seat.tab.tell('frozen');
        await browser.settle();
        seat.tab.hang();
        break;
      case 'resume':
        if (seat?.frozen) this.#resume(seat);
        break;
      case 'show':
      case 'hide':
        if (seat && !seat.hangs && !seat.frozen) seat.tab.tell(op.do === 'show' ? 'visible' : 'hidden');
        break;
      case 'leave':
        if (!seat || seat.hangs || seat.frozen) break;
        this.#left(seat);
        seat.wanted = false;
        seat.socket.disconnect();
        break;
      case 'join':
        if (!seat || seat.hangs || seat.frozen) break;
        this.#join(seat);
        break;
      case 'rejoin':
        if (!seat?.wanted || seat.hangs || seat.frozen) break;
        await this.#rejoin(seat, op.pause);
        break;
      case 'cut':
        for (const { network } of alive)
          network.cut({ up: op.up, down: false, page: op.page, server: op.server });
        break;
      case 'refuse':
        this.#refuse(op.refusing);
        break;
      case 'garbage':
        for (const ends of browser.channels.values())
          for (const { tab, heard } of ends) tab.take(() => heard(op.message));
        break;
      case 'news':
        this.server.tell(this.#news++);
        break;
      case 'ask':
        this.server.ask(this.#questions++);
        break;
      case 'restart':
        this.server.restart();
        break;
    }
    await browser.settle();
    this.#check();
  }

  #wake(seat: Seat): void {
    seat.hangs = false;
    seat.tab.wake(this.#start.networkFirst);
  }

  #resume(seat: Seat): void {
    seat.frozen = false;
    seat.tab.wake();
    seat.tab.tell('resumed');
  }

  #join(seat: Seat): void {
    if (seat.wanted) return;
    seat.wanted = true;
    // Events that arrived while it had left are not for it.
    seat.heard = undefined;
    seat.mayMiss = true;
    seat.socket.connect();
  }

  /** The program leaves and returns, before the other side may have noticed. */
  async #rejoin(seat: Seat, pause: Pause): Promise<void> {
    const { browser } = this;
    this.#left(seat);
    seat.wanted = false;
    seat.socket.disconnect();
    if (pause === 'microtask') await Promise.resolve();
    else if (pause === 'task') await browser.settle();
    else if (pause === 'message') await browser.pass(0.75);
    if (!seat.tab.gone) this.#join(seat);
  }

  #refuse(refusing: boolean): void {
    this.#refusing = refusing;
    for (const { network } of this.seats) network.refusing = refusing;
  }

  async #close(seat: Seat): Promise<void> {
    if (seat.hangs || seat.frozen) return;
    seat.parted = true;
    seat.tab.signals.tell('leaving', 'left');
    await this.browser.settle();
    seat.network.cut({ up: true, down: false, page: false, server: true });
    seat.tab.crash();
  }

  /** Ends all faults, and checks that all guarantees are kept and nothing is left. */
  async end(): Promise<void> {
    const { browser, server } = this;
    this.#refuse(false);
    if (this.seats.every(({ tab }) => tab.gone)) this.open(true);
    const alive = this.seats.filter(({ tab }) => !tab.gone);
    for (const seat of alive) {
      if (seat.frozen) this.#resume(seat);
      if (seat.hangs) this.#wake(seat);
      seat.tab.tell('visible');
      this.#join(seat);
    }
    await browser.settle();
    for (let waitedMs = 0, restedMs = 0; restedMs < 12_000; waitedMs += 1_000) {
      if (waitedMs > REST_MS) throw new Error(`does not come to rest: ${alive.map(stateOf).join('; ')}`);
      await browser.pass(1_000);
      this.#check();
      const rests = alive.every(
        ({ socket }) =>
          socket.connected && socket.sendBuffer.length === 0 && socket.io._connection._unsentBytes === 0,
      );
      restedMs = rests ? restedMs + 1_000 : 0;
    }
    const leaders = alive.filter(({ manager }) => manager.sharing?.role === 'leader');
    if (leaders.length !== 1) this.complain(`${leaders.length} tabs lead: ${alive.map(stateOf).join('; ')}`);
    if (server.sockets !== 1 || server.open !== 1)
      this.complain(`the server has ${server.sockets} sockets and ${server.open} connections`);
    const leads = this.#leads();
    for (const seat of alive) {
      await this.#rejoin(seat, this.#start.pause);
      await browser.pass(1_000);
      for (const one of alive)
        if (!one.socket.connected) this.complain(`${stateOf(one)}, after tab ${seat.number} had returned`);
    }
    if (alive.length > 1 && this.#leads() > leads) this.complain('a tab that returned took the lead');
    this.#check();
    // All receive the same, and one answers.
    const news = this.#news++;
    server.tell(news);
    const question = this.#questions++;
    server.ask(question);
    for (const seat of alive) this.#emit(seat, { ack: true, binary: false, patience: 0 });
    await browser.pass(2_000);
    for (const seat of alive)
      if (seat.heard !== news) this.complain(`tab ${seat.number} did not hear the news`);
    if (this.#answered.get(question) !== 1) this.complain(`nobody answered question ${question}`);
    for (const one of this.emitted) this.#checkAtRest(one);
    this.#check();
    for (const { socket } of alive) socket.disconnect();
    await browser.pass(30_000);
    for (const one of this.emitted)
      if (one.how.ack && !one.seat.tab.gone && one.ends.length === 0)
        this.complain(`emit ${one.number} never ended`);
    if (server.open > 0) this.complain(`the server has ${server.open} connections that nobody wants`);
    for (const { tab, number } of alive)
      if (tab.clock.pending > 0) this.complain(`tab ${number} has timers: ${tab.clock.waits.join(', ')}`);
    for (const [name, queue] of browser.locks)
      if (queue.length > 0) this.complain(`${queue.length} tabs want the lock ${name}`);
    for (const [name, ends] of browser.channels)
      if (ends.size > 0) this.complain(`${ends.size} channels ${name} are open`);
    const epochs = browser.log.flatMap((message) =>
      Array.isArray(message) && message[0] === 'lead' ? [message[1] as number] : [],
    );
    if (new Set(epochs).size !== epochs.length)
      this.complain(`one epoch has two leaders: ${epochs.join(', ')}`);
  }

  /** How often a tab has taken the lead. */
  #leads(): number {
    return this.browser.log.filter((message) => Array.isArray(message) && message[0] === 'lead').length;
  }

  #check(): void {
    const [fault] = this.faults;
    if (fault !== undefined) throw new Error(fault);
  }

  #emit(seat: Seat, how: How): void {
    const one: Emitted = {
      number: this.emitted.length,
      seat,
      how,
      handed: 0,
      delivered: 0,
      replied: 0,
      ends: [],
      left: false,
    };
    this.emitted.push(one);
    this.#count('emits');
    const args: unknown[] = [one.number, how.patience, ...(how.binary ? [Buffer.from('binary')] : [])];
    if (!how.ack) seat.socket.emit('e', ...args);
    else
      seat.socket
        .timeout(20_000)
        .emit('e', ...args, (error: (Error & { maybeDelivered?: boolean }) | null) => {
          one.ends.push(error);
          this.#count(
            error ? `${(error as { code?: string }).code} ${error.maybeDelivered}` : 'acknowledged',
          );
          if (one.ends.length > 1) this.complain(`emit ${one.number} ended ${one.ends.length} times`);
          if (!error && one.replied === 0) this.complain(`emit ${one.number} was acknowledged by nobody`);
          const givenUp =
            (error as { code?: string } | null)?.code === 'DISCONNECTED' && error?.maybeDelivered;
          if (givenUp && one.handed === 0 && !one.left && !seat.parted && !this.#agreed().has(one.number))
            this.complain(`emit ${one.number} was given up, and no transport had it`);
          this.#checkUnsent(one);
        });
  }

  /** The emits that a tab allowed its leader to hand over. */
  #agreed(): Set<number> {
    const agreed = new Set<number>();
    const sent = new Map<string, unknown[]>();
    const asked = new Map<string, number>();
    for (const message of this.browser.log) {
      if (!Array.isArray(message)) continue;
      const [what, first, second, third, asks] = message as [string, never, never, number, boolean];
      if (what === 'data' && Array.isArray(second))
        sent.set(first, [...(sent.get(first) ?? []), ...(second as unknown[])]);
      if (what === 'taken' && asks) asked.set(second, third);
      if (what !== 'ok') continue;
      for (const chunk of (sent.get(first) ?? []).slice(0, asked.get(first))) {
        const found = /\["e",(\d+)/.exec(`${chunk}`);
        if (found) agreed.add(Number(found[1]));
      }
    }
    return agreed;
  }

  #left(seat: Seat): void {
    const waiting = new Set(seat.socket.sendBuffer.map(({ data }) => data[1] as number));
    for (const one of this.emitted) if (one.seat === seat && !waiting.has(one.number)) one.left = true;
  }

  /** Messages are handed over in parts: the last part counts. */
  #handed(frame: Frame): void {
    if (typeof frame !== 'string') {
      if (this.#half !== undefined) this.#wasHanded(this.#half);
      this.#half = undefined;
      return;
    }
    const found = /^4(2|51-)\d*\["e",(\d+)/.exec(frame);
    if (!found) return;
    if (found[1] === '2') this.#wasHanded(Number(found[2]));
    else this.#half = Number(found[2]);
  }

  #wasHanded(number: number): void {
    const one = this.emitted[number] as Emitted;
    one.handed += 1;
    if (one.handed > 1) this.complain(`emit ${number} was sent ${one.handed} times`);
    this.#checkUnsent(one);
  }

  #checkUnsent(one: Emitted): void {
    const lie = one.ends.find(
      (error) => (error as { maybeDelivered?: boolean } | null)?.maybeDelivered === false,
    );
    if (one.handed > 0 && lie) this.complain(`emit ${one.number} was sent, and told ${lie.message}`);
  }

  #delivered(number: number): void {
    const one = this.emitted[number] as Emitted;
    one.delivered += 1;
    if (one.delivered > 1) this.complain(`emit ${number} was delivered ${one.delivered} times`);
    const last = this.#reached.get(one.seat) ?? -1;
    if (number < last) this.complain(`emit ${number} was delivered after ${last}`);
    this.#reached.set(one.seat, number);
  }

  #checkAtRest(one: Emitted): void {
    const { delivered, ends, handed, left, seat } = one;
    if (delivered > 0 || ends.length > 0 || handed > 0 || left || seat.parted || seat.tab.gone) return;
    // A leader that was allowed to hand it over is gone: as with a cut, its delivery is uncertain.
    if (this.#agreed().has(one.number)) return;
    this.complain(`emit ${one.number} was forgotten`);
  }
}

const stateOf = ({ number, socket, manager, tab }: Seat): string =>
  `tab ${number} (${manager.sharing?.role}, ${manager.status}, ${socket.connected ? '' : 'not '}connected, ${tab.visible ? 'visible' : 'hidden'})`;

/** One complete run. */
export async function runOnce(start: Start, ops: readonly Op[]): Promise<TabRun> {
  const run = new TabRun(start);
  for (const op of ops) await run.do(op);
  await run.end();
  const [fault] = run.faults;
  if (fault !== undefined) throw new Error(fault);
  return run;
}
