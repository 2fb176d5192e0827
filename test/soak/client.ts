import { Manager, type Socket } from '../../src/index.js';
import { counts, fault, Stream } from './audit.js';
import { patternOf } from './messages.js';

/** One client of the soak test: a connection with three namespaces that constantly emits in every way. */

const tickMs = 25;
const retries = { retries: 1_000_000, ackTimeout: 3_000 };
/** Long enough to survive some cuts, short enough to expire in others. */
const timeoutMs = 4_000;

const between = (low: number, high: number): number => low + Math.random() * (high - low);

/** A kind of emit, and how often it is chosen. */
interface EmitKind {
  readonly stream: Stream;
  readonly socket: Socket;
  readonly share: number;
  emit(socket: Socket, stream: Stream): void;
}

export class Client {
  readonly manager: Manager;
  readonly streams: Stream[];
  private readonly sockets: Socket[];
  private readonly kinds: EmitKind[] = [];
  private readonly timers = new Set<NodeJS.Timeout>();
  private disconnected = false;

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
    this.addKinds(root, retried, window);
    this.streams = this.kinds.map(({ stream }) => stream);
    for (const socket of this.sockets) this.watch(socket);
  }

  start(): void {
    this.timers.add(setInterval(() => this.tick(), tickMs));
  }

  /** Stops emitting. */
  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  close(): void {
    for (const socket of this.sockets) socket.disconnect();
  }

  get settled(): boolean {
    return this.sockets.every(({ connected }) => connected) && this.streams.every(({ settled }) => settled);
  }

  private addKinds(root: Socket, retried: Socket, window: Socket): void {
    const add = (
      kind: string,
      socket: Socket,
      share: number,
      traits: Partial<Stream['traits']>,
      emit: EmitKind['emit'],
    ): void => {
      const stream = new Stream(`${this.name}/${kind}`, { reported: true, retried: false, ...traits });
      this.kinds.push({ stream, socket, share, emit });
    };
    add('plain', root, 6, { reported: false }, (socket, stream) => {
      socket.emit(stream.name, stream.emit());
    });
    add('callback', root, 2, { reported: false }, (socket, stream) => {
      const number = stream.emit();
      socket.emit(stream.name, number, (answer: unknown) => stream.end(number, null, answer));
    });
    add('ack', root, 3, {}, (socket, stream) => {
      const number = stream.emit();
      const settle = (error: Error | null, answer: unknown): void => stream.end(number, error, answer);
      socket.timeout(timeoutMs).emit(stream.name, number, settle);
    });
    add('awaited', root, 3, {}, (socket, stream) => {
      const number = stream.emit();
      conclude(stream, number, socket.emitWithAck(stream.name, number));
    });
    add('timed', root, 2, {}, (socket, stream) => {
      const number = stream.emit();
      conclude(stream, number, socket.timeout(timeoutMs).emitWithAck(stream.name, number));
    });
    add('binary', root, 1, {}, (socket, stream) => {
      const number = stream.emit();
      const bytes = patternOf(number, Math.round(between(1, 20_000)));
      conclude(stream, number, socket.emitWithAck(stream.name, number, bytes));
    });
    add('retried', retried, 2, { retried: true }, (socket, stream) => {
      const number = stream.emit();
      const bytes = patternOf(number, Math.round(between(1, 1_000)));
      const keyed = socket.idempotent(`${stream.name} ${number}`);
      conclude(stream, number, keyed.emitWithAck(stream.name, number, bytes));
    });
    add('windowed', window, 3, { retried: true }, (socket, stream) => {
      const number = stream.emit();
      const settle = (error: Error | null, answer: unknown): void => stream.end(number, error, answer);
      socket.idempotent(`${stream.name} ${number}`).emit(stream.name, number, settle);
    });
  }

  private watch(socket: Socket): void {
    const streams = this.kinds.filter((kind) => kind.socket === socket).map(({ stream }) => stream);
    let lastReceived = 0;
    socket.on('connect', () => {
      for (const stream of streams) stream.connected(String(socket.id));
    });
    socket.on('disconnect', () => {
      counts.cuts += 1;
      lastReceived = 0;
      for (const stream of streams) stream.disconnected();
    });
    socket.on('dropped', (error, message) => fault('dropped', `${message[0]} ${message[1]}: ${error}`));
    socket.on('news', (number: number, ...rest: unknown[]) => {
      counts.news += 1;
      const what = `news ${number} after ${lastReceived} for ${this.name}${socket.nsp}`;
      if (number <= lastReceived) fault(number === lastReceived ? 'duplicates' : 'disorder', what);
      else if (number > lastReceived + 1) fault('lost', what, number - lastReceived - 1);
      lastReceived = number;
      for (const one of rest) {
        if (typeof one === 'function') one();
        else if (!patternOf(number, 2_000).equals(one as Buffer)) fault('corrupt', what);
      }
    });
  }

  private tick(): void {
    const emits = Math.random() < 0.02 ? 40 : 1;
    for (let count = 0; count < emits; count += 1) {
      const kind = this.choose();
      kind.emit(kind.socket, kind.stream);
    }
    // About once every twenty seconds.
    if (Math.random() < tickMs / 20_000) this.disconnectBriefly();
  }

  private choose(): EmitKind {
    let left = Math.random() * this.kinds.reduce((sum, { share }) => sum + share, 0);
    for (const kind of this.kinds) {
      left -= kind.share;
      if (left <= 0) return kind;
    }
    return this.kinds[0] as EmitKind;
  }

  /** Disconnects a socket on purpose; not the one with awaited retries, because that would fail its emits. */
  private disconnectBriefly(): void {
    if (this.disconnected) return;
    this.disconnected = true;
    const [root, , window] = this.sockets as [Socket, Socket, Socket];
    const socket = Math.random() < 0.5 ? root : window;
    socket.disconnect();
    setTimeout(
      () => {
        this.disconnected = false;
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
