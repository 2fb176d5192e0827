import { Manager, type Socket } from '../../src/index.js';
import { counts, fault, Stream } from './audit.js';
import { patternOf } from './messages.js';

/** One page of the soak: a connection with three namespaces, over which it emits all the time and in every way. */

const tickMs = 25;
const retries = { retries: 1_000_000, ackTimeout: 3_000 };
/** For those that have a time-out. Long enough to survive some cuts, short enough to be hit by others. */
const timeoutMs = 4_000;

const between = (low: number, high: number): number => low + Math.random() * (high - low);

/** A kind of emit, and how often it is chosen. */
interface Way {
  readonly stream: Stream;
  readonly socket: Socket;
  readonly share: number;
  emit(socket: Socket, stream: Stream): void;
}

export class Client {
  readonly manager: Manager;
  readonly streams: Stream[];
  private readonly sockets: Socket[];
  private readonly ways: Way[] = [];
  private readonly timers = new Set<NodeJS.Timeout>();
  private away = false;

  constructor(
    readonly name: string,
    url: string,
    transports: string[],
  ) {
    this.manager = new Manager(url, {
      transports,
      reconnectionDelay: 100,
      reconnectionDelayMax: 1_000,
      timeout: 5_000,
    });
    this.manager.on('reconnect', () => {
      counts.reconnects += 1;
    });
    const root = this.manager.socket('/');
    const retried = this.manager.socket('/retried', retries);
    const window = this.manager.socket('/window', { ...retries, retryWindow: 16 });
    this.sockets = [root, retried, window];
    this.addWays(root, retried, window);
    this.streams = this.ways.map(({ stream }) => stream);
    for (const socket of this.sockets) this.watch(socket);
  }

  start(): void {
    this.timers.add(setInterval(() => this.tick(), tickMs));
  }

  /** Emits nothing more. */
  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  close(): void {
    for (const socket of this.sockets) socket.disconnect();
  }

  get settled(): boolean {
    return this.sockets.every(({ connected }) => connected) && this.streams.every(({ settled }) => settled);
  }

  private addWays(root: Socket, retried: Socket, window: Socket): void {
    const way = (
      kind: string,
      socket: Socket,
      share: number,
      traits: Partial<Stream['traits']>,
      emit: Way['emit'],
    ): void => {
      const stream = new Stream(`${this.name}/${kind}`, { told: true, retried: false, ...traits });
      this.ways.push({ stream, socket, share, emit });
    };
    way('plain', root, 6, { told: false }, (socket, stream) => {
      socket.emit(stream.name, stream.emit());
    });
    way('callback', root, 2, { told: false }, (socket, stream) => {
      const number = stream.emit();
      socket.emit(stream.name, number, (answer: unknown) => stream.end(number, null, answer));
    });
    way('ack', root, 3, {}, (socket, stream) => {
      const number = stream.emit();
      const told = (error: Error | null, answer: unknown): void => stream.end(number, error, answer);
      socket.timeout(timeoutMs).emit(stream.name, number, told);
    });
    way('awaited', root, 3, {}, (socket, stream) => {
      const number = stream.emit();
      conclude(stream, number, socket.emitWithAck(stream.name, number));
    });
    way('timed', root, 2, {}, (socket, stream) => {
      const number = stream.emit();
      conclude(stream, number, socket.timeout(timeoutMs).emitWithAck(stream.name, number));
    });
    way('binary', root, 1, {}, (socket, stream) => {
      const number = stream.emit();
      const bytes = patternOf(number, Math.round(between(1, 20_000)));
      conclude(stream, number, socket.emitWithAck(stream.name, number, bytes));
    });
    way('retried', retried, 2, { retried: true }, (socket, stream) => {
      const number = stream.emit();
      const bytes = patternOf(number, Math.round(between(1, 1_000)));
      const keyed = socket.idempotent(`${stream.name} ${number}`);
      conclude(stream, number, keyed.emitWithAck(stream.name, number, bytes));
    });
    way('windowed', window, 3, { retried: true }, (socket, stream) => {
      const number = stream.emit();
      const told = (error: Error | null, answer: unknown): void => stream.end(number, error, answer);
      socket.idempotent(`${stream.name} ${number}`).emit(stream.name, number, told);
    });
  }

  private watch(socket: Socket): void {
    const streams = this.ways.filter((way) => way.socket === socket).map(({ stream }) => stream);
    let heard = 0;
    socket.on('connect', () => {
      for (const stream of streams) stream.connected(String(socket.id));
    });
    socket.on('disconnect', () => {
      counts.cuts += 1;
      heard = 0;
      for (const stream of streams) stream.disconnected();
    });
    socket.on('dropped', (error, message) => fault('dropped', `${message[0]} ${message[1]}: ${error}`));
    socket.on('news', (number: number, ...rest: unknown[]) => {
      counts.news += 1;
      const what = `news ${number} after ${heard} for ${this.name}${socket.nsp}`;
      if (number <= heard) fault(number === heard ? 'duplicates' : 'disorder', what);
      else if (number > heard + 1) fault('lost', what, number - heard - 1);
      heard = number;
      for (const one of rest) {
        if (typeof one === 'function') one();
        else if (!patternOf(number, 2_000).equals(one as Buffer)) fault('corrupt', what);
      }
    });
  }

  private tick(): void {
    const emits = Math.random() < 0.02 ? 40 : 1;
    for (let count = 0; count < emits; count += 1) {
      const way = this.choose();
      way.emit(way.socket, way.stream);
    }
    // About once in twenty seconds.
    if (Math.random() < tickMs / 20_000) this.leaveForAWhile();
  }

  private choose(): Way {
    let left = Math.random() * this.ways.reduce((sum, { share }) => sum + share, 0);
    for (const way of this.ways) {
      left -= way.share;
      if (left <= 0) return way;
    }
    return this.ways[0] as Way;
  }

  /** By hand. Not the one whose emits are awaited: there, this gives them up. */
  private leaveForAWhile(): void {
    if (this.away) return;
    this.away = true;
    const [root, , window] = this.sockets as [Socket, Socket, Socket];
    const socket = Math.random() < 0.5 ? root : window;
    socket.disconnect();
    setTimeout(
      () => {
        this.away = false;
        socket.connect();
      },
      between(0, 2_000),
    );
  }
}

function conclude(stream: Stream, number: number, promise: Promise<unknown>): void {
  promise.then(
    (answer) => stream.end(number, null, answer),
    (error) => stream.end(number, error, undefined),
  );
}
