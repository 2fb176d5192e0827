import type { Socket } from '../../src/index.js';
import { Manager } from '../../src/index.js';
import { type Environment, systemEnvironment } from '../../src/platform/environment.js';
import type { Options } from '../../src/platform/options.js';
import { SimulatedClock } from '../support/simulated-clock.js';
import { MUTATIONS } from './mutations.js';
import { asText, type Frame, type Line, transportsOver } from './network.js';
import { marksIn, Oracle } from './oracle.js';
import { changesSince, polluted, snapshotOfPrototypes } from './prototypes.js';
import { Random } from './random.js';
import { lineOf, NAMESPACES, ScriptedServer } from './server.js';
import { startWatchdog, type Watchdog } from './watchdog.js';

/** Feeds mutated sessions to the real client, and checks all invariants after each frame. */

export type Way = 'websocket' | 'polling' | 'upgrade';

export interface FuzzOptions {
  readonly mutations: number;
  /** The seed of the first round; it increases by one per round. */
  readonly seed: number;
  readonly ways?: readonly Way[];
  readonly parser?: unknown;
  /** How likely a frame is mutated. @defaultValue 0.5 */
  readonly rate?: number;
}

export interface FuzzReport {
  readonly mutations: number;
  readonly frames: number;
  readonly rounds: number;
  /** Events and acknowledgements that reached the program. */
  readonly deliveries: number;
  readonly connections: number;
  /** How often each mutation was applied. */
  readonly byName: Readonly<Record<string, number>>;
}

/** A violated invariant. */
export class Finding extends Error {}

/** A round is one client with its server; a new one begins after this many mutations. */
const MUTATIONS_A_ROUND = 200;
/** After this many, the client must prove that it responds. */
const MUTATIONS_BETWEEN_PROOFS = 25;
/** This many steps cause far more mutations, unless the client stays disconnected. */
const STEPS_BETWEEN_PROOFS = 5_000;
/** How many frames the report of a finding contains. */
const FRAMES_REMEMBERED = 25;

export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { seed, ways = ['websocket', 'polling', 'upgrade'] } = options;
  const total = { mutations: 0, frames: 0, rounds: 0, deliveries: 0, connections: 0 };
  const byName: Record<string, number> = {};
  const watchdog = startWatchdog();
  const world = new World(watchdog);
  world.enter();
  try {
    while (total.mutations < options.mutations) {
      const roundSeed = seed + total.rounds;
      const way = ways[roundSeed % ways.length] as Way;
      world.seed = roundSeed;
      const round = new Round(world, new Random(roundSeed), way, options, byName);
      try {
        await round.run(Math.min(MUTATIONS_A_ROUND, options.mutations - total.mutations));
      } catch (error) {
        throw new Finding(`${String((error as Error).stack)}\n\n${round.log}\n\n${replay(roundSeed)}`);
      }
      total.mutations += round.mutations;
      total.frames += round.frames;
      total.deliveries += round.deliveries;
      total.connections += round.connections;
      total.rounds += 1;
    }
  } finally {
    world.leave();
    await watchdog.stop();
  }
  return { ...total, byName };
}

const replay = (seed: number): string =>
  `To have it again: HOLDFAST_FUZZ_SEED=${seed} HOLDFAST_FUZZ=${MUTATIONS_A_ROUND} npx vitest run --project fuzz`;

/** The client's environment: simulated timers, and a record of every uncaught error. */
class World {
  clock: SimulatedClock = new SimulatedClock();
  seed = 0;
  readonly errors: unknown[] = [];
  readonly #watchdog: Watchdog;
  readonly #prototypes = snapshotOfPrototypes();
  readonly #real = { setTimeout, clearTimeout };
  #usual: [
    event: 'uncaughtException' | 'unhandledRejection',
    listeners: NodeJS.UncaughtExceptionListener[],
  ][] = [];
  readonly #note = (error: unknown): void => {
    this.errors.push(error);
  };

  constructor(watchdog: Watchdog) {
    this.#watchdog = watchdog;
  }

  enter(): void {
    const simulated = (task: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): object => {
      const cancel = this.clock.after(ms >= 0 && ms < 2 ** 31 ? ms : 1, () => task(...args));
      return { cancel, unref: () => {} };
    };
    const clear = (timer: { cancel?(): void } | undefined): void => timer?.cancel?.();
    Object.assign(globalThis, { setTimeout: simulated, clearTimeout: clear, reportError: this.#note });
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      const listeners = process.listeners(event as 'uncaughtException');
      this.#usual.push([event, listeners]);
      process.removeAllListeners(event);
      process.on(event, this.#note);
    }
  }

  leave(): void {
    Object.assign(globalThis, this.#real);
    Reflect.deleteProperty(globalThis, 'reportError');
    for (const [event, listeners] of this.#usual) {
      process.removeAllListeners(event);
      for (const listener of listeners) process.on(event, listener);
    }
    this.#usual = [];
  }

  check(): void {
    this.#watchdog.feed(this.seed);
    const [error] = this.errors.splice(0);
    if (error !== undefined)
      throw new Error(`an error that nobody caught: ${(error as Error)?.stack ?? String(error)}`);
    if (polluted()) this.checkPrototypes();
  }

  checkPrototypes(): void {
    const changed = changesSince(this.#prototypes);
    if (changed.length === 0) return;
    for (const key of changed) Reflect.deleteProperty(Object.prototype, key);
    throw new Error(`a prototype has changed: ${changed.join(', ')}`);
  }
}

/** Runs due tasks without advancing time, and lets Node report unhandled rejections. */
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class Round {
  mutations = 0;
  frames = 0;
  deliveries = 0;
  connections = 0;
  readonly #random: Random;
  readonly #world: World;
  readonly #clock = new SimulatedClock();
  readonly #server: ScriptedServer;
  readonly #oracle = new Oracle();
  readonly #manager: Manager;
  readonly #sockets: readonly Socket[];
  readonly #names: readonly string[] = Object.keys(MUTATIONS);
  readonly #byName: Record<string, number>;
  readonly #rate: number;
  readonly #told: string[] = [];
  /** Marks that reached a listener of their namespace. */
  readonly #arrived = new Set<string>();

  constructor(world: World, random: Random, way: Way, options: FuzzOptions, byName: Record<string, number>) {
    this.#random = random;
    this.#world = world;
    this.#byName = byName;
    this.#rate = options.rate ?? 0.5;
    world.clock = this.#clock;
    this.#server = new ScriptedServer(random);
    const { websocket, polling } = transportsOver(this.#server);
    const transports = { websocket: [websocket], polling: [polling], upgrade: [polling, websocket] }[way];
    const environment: Environment = {
      ...systemEnvironment(),
      clock: this.#clock,
      dateMs: () => this.#clock.now(),
      random: () => random.next(),
    };
    const settings: Options = {
      transports,
      reconnectionDelay: 10,
      reconnectionDelayMax: 50,
      timeout: 2_000,
      ...(options.parser !== undefined && { parser: options.parser }),
    };
    this.#manager = new Manager('http://fuzz.test', settings, environment);
    this.#manager.on('open', () => {
      this.connections += 1;
    });
    this.#sockets = NAMESPACES.map((nsp) => this.#listen(this.#manager.socket(nsp)));
  }

  /** The last frames, to find the cause of a failure. */
  get log(): string {
    return `The last frames:\n${this.#told.slice(-FRAMES_REMEMBERED).join('\n')}`;
  }

  async run(mutations: number): Promise<void> {
    await this.#proveLife();
    while (this.mutations < mutations) {
      const before = this.mutations;
      const goal = Math.min(before + MUTATIONS_BETWEEN_PROOFS, mutations);
      for (let steps = 0; this.mutations < goal; steps += 1) {
        if (steps > STEPS_BETWEEN_PROOFS) throw new Error(`nothing is to be mutated: ${this.#state()}`);
        this.#act();
        await this.#step(this.#random.chance(this.#rate));
      }
      await this.#proveLife();
    }
    await this.#end();
  }

  #listen(socket: Socket): Socket {
    const { nsp } = socket;
    const check = (args: readonly unknown[]): void => {
      this.deliveries += 1;
      const complaint = this.#oracle.complaint(nsp, args);
      if (complaint) this.#world.errors.push(new Error(complaint));
      for (const mark of marksIn(args)) this.#arrived.add(`${nsp} ${mark}`);
    };
    socket.onAny((...args: unknown[]) => {
      const answer = args.at(-1);
      check(typeof answer === 'function' ? args.slice(0, -1) : args);
      if (typeof answer === 'function') answer('answer', Buffer.from('binary'));
    });
    socket.on('connect_error', (error) => {
      if (typeof error.message !== 'string') this.#world.errors.push(new Error('an error without a message'));
    });
    return socket;
  }

  /** Actions that a program may take at any time. */
  #act(): void {
    const random = this.#random;
    if (!random.chance(0.25)) return;
    const socket = random.pick(this.#sockets);
    const { nsp } = socket;
    const check = (...args: unknown[]): void => {
      this.deliveries += 1;
      const complaint = this.#oracle.complaint(nsp, args);
      if (complaint) this.#world.errors.push(new Error(`an acknowledgement: ${complaint}`));
    };
    switch (random.below(6)) {
      case 0:
        socket.emit('question', 'of the program', check);
        break;
      case 1:
        socket
          .timeout(500)
          .emit('question', { with: Buffer.from('bytes') }, (error: Error | null, ...args: unknown[]) => {
            if (!error) check(...args);
          });
        break;
      case 2:
        socket.volatile.emit('position', 1, 2);
        break;
      case 3:
        if (random.chance(0.2)) socket.disconnect();
        break;
      case 4:
        socket.connect();
        break;
      default:
        this.#clock.advance(random.pick([0, 1, 50, 1_000]));
    }
  }

  /** Delivers the server's next frame. */
  async #step(mutated: boolean): Promise<void> {
    const { outbox } = this.#server;
    if (outbox.length === 0) this.#server.speak();
    const item = outbox.shift();
    if (!item) {
      // No connection: the client is waiting for its next attempt.
      this.#clock.advance(20);
      await tick();
      this.#world.check();
      return;
    }
    const line = lineOf(item);
    const { session } = this.#server;
    const forgotten = 'joined' in item.to ? item.to !== session : !line.ready && line !== session?.line;
    if (!line.open || forgotten) return;
    if (item.frame === undefined) {
      this.#tell('the server hangs up');
      line.cut();
    } else if (!line.ready) {
      outbox.unshift(item);
      this.#clock.advance(500);
    } else if (mutated) {
      this.#mutate(line, item.frame);
    } else {
      this.#deliver(line, [item.frame], '');
    }
    await tick();
    this.#world.check();
  }

  #mutate(line: Line, frame: Frame): void {
    const random = this.#random;
    const { outbox } = this.#server;
    const text = line.kind === 'polling' ? asText(frame) : frame;
    this.mutations += 1;
    // Two in a hundred affect the line instead of a frame.
    const ofTheLine = random.below(100);
    if (ofTheLine === 0) {
      this.#count('cut the line');
      this.#tell('the line is cut');
      line.cut();
    } else if (ofTheLine === 1 && outbox[0]) {
      this.#count('swap two frames');
      const second = outbox.shift();
      outbox.unshift(...(second ? [second] : []), { to: line, frame });
    } else {
      const name = random.pick(this.#names);
      this.#count(name);
      const mutation = MUTATIONS[name];
      if (mutation) this.#deliver(line, mutation(text, random, outbox[0]?.frame), name);
    }
  }

  #deliver(line: Line, frames: readonly Frame[], name: string): void {
    this.frames += frames.length;
    for (const frame of frames)
      this.#tell(`${line.kind} ${JSON.stringify(asText(frame)).slice(0, 300)} ${name}`);
    const said = frames.map((frame) => (line.kind === 'polling' ? asText(frame) : frame));
    this.#oracle.expect(line, said);
    if (said.length > 0) line.give(said);
  }

  #count(name: string): void {
    this.#byName[name] = (this.#byName[name] ?? 0) + 1;
  }

  #tell(what: string): void {
    this.#told.push(what);
    if (this.#told.length > 2 * FRAMES_REMEMBERED) this.#told.splice(0, FRAMES_REMEMBERED);
  }

  /** Delivers everything under way unchanged. */
  async #drain(): Promise<void> {
    for (let rounds = 0; this.#server.outbox.length > 0; rounds += 1) {
      if (rounds > 1_000) throw new Error('the client keeps the server talking for ever');
      await this.#step(false);
    }
    await tick();
    this.#world.check();
  }

  /** Whatever it received, the client must accept later frames, or reconnect. */
  async #proveLife(): Promise<void> {
    await this.#drain();
    await this.#expectEvents();
    // Again from the start.
    this.#tell('— a proof of life, from a new connection');
    this.#server.hangUp();
    await this.#drain();
    const here = (): boolean =>
      this.#sockets.every(({ connected, nsp }) => connected && this.#server.joined.includes(nsp));
    for (let waits = 0; !here(); waits += 1) {
      if (waits > 600) throw new Error(`it does not come back: ${this.#state()}`);
      for (const socket of this.#sockets) if (!socket.active) socket.connect();
      this.#clock.advance(waits < 20 ? 25 : 250);
      await tick();
      await this.#drain();
    }
    if ((await this.#expectEvents()) < this.#sockets.length) {
      throw new Error(`it came back, and was gone again: ${this.#state()}`);
    }
    this.#arrived.clear();
  }

  /** Every connected socket must receive an event, unless earlier frames make the client close the connection. */
  async #expectEvents(): Promise<number> {
    const { session } = this.#server;
    const opened = this.connections;
    const sockets = this.#sockets.filter(
      ({ connected, nsp }) => connected && this.#server.joined.includes(nsp),
    );
    const marks = sockets.map(({ nsp }) => [nsp, this.#server.event(nsp)] as const);
    await this.#drain();
    const still = this.#server.session === session && this.connections === opened;
    if (!still || this.#manager.status !== 'connected') return 0;
    const unheard = marks.filter(
      ([nsp, mark], i) => sockets[i]?.connected && !this.#arrived.has(`${nsp} ${mark}`),
    );
    if (unheard.length > 0) throw new Error(`${unheard.join(' and ')} was not heard: ${this.#state()}`);
    return marks.length;
  }

  async #end(): Promise<void> {
    for (const socket of this.#sockets) socket.disconnect();
    await this.#drain();
    // Timers that may legitimately remain: an orphaned handshake, a socket's own timeouts.
    for (let waits = 0; waits < 10; waits += 1) {
      this.#clock.advance(10_000);
      await tick();
      await this.#drain();
    }
    if (this.#clock.pending > 0)
      throw new Error(`${this.#clock.pending} timers are left: ${this.#clock.waits}`);
    if (this.#manager.status !== 'closed') throw new Error(`not closed: ${this.#state()}`);
  }

  #state(): string {
    const sockets = this.#sockets.map(
      ({ nsp, connected, active }) => `${nsp} ${connected ? 'connected' : active ? 'active' : 'inactive'}`,
    );
    return `the manager is ${this.#manager.status}, ${sockets.join(', ')}; the server has ${this.#server.joined.join(', ') || 'nobody'}`;
  }
}
