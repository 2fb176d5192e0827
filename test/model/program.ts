import { OUTBOX_DEFAULTS } from '../../src/platform/defaults.js';
import { HoldfastError } from '../../src/platform/errors.js';
import { encode, weigh } from '../../src/protocol/encode.js';
import type { Socket } from '../../src/socket/socket.js';
import type { Payload } from './application.js';
import type { EmitLog, Emitted, Wanted } from './emit-log.js';
import type { Emit, Setting } from './ops.js';

/** The private parts of a socket. */
interface Hidden {
  readonly _sender: {
    readonly _pending: { readonly size: number };
    readonly _returned: readonly unknown[];
  };
  /** The state of the plugin `retries`. */
  readonly _queue?: { readonly length: number };
}

const hidden = (socket: Socket): Hidden => socket as unknown as Hidden;

const waitsForRetries = (socket: Socket): number => hidden(socket)._queue?.length ?? 0;

/** The program on the page: emits, and records the outcomes. */
export class Program {
  readonly #emitLog: EmitLog;
  readonly #sockets: readonly Socket[];
  readonly #setting: Setting;
  readonly #aborters: AbortController[] = [];
  /** The arguments of the emits, to recognise them. */
  readonly #args: unknown[][] = [];
  /** Emits that left a socket at least once: one that waits again was returned. */
  readonly #out = new Set<number>();
  readonly cameBack: Set<number> = new Set();
  /** Whether it takes no further actions by itself. */
  over = false;

  constructor(emitLog: EmitLog, sockets: readonly Socket[], setting: Setting) {
    this.#emitLog = emitLog;
    this.#sockets = sockets;
    this.#setting = setting;
    for (const [index, socket] of sockets.entries()) this.#listen(socket, index);
  }

  /** Whether all sockets are connected, and nothing is queued. */
  get rests(): boolean {
    return this.#sockets.every(
      (socket) =>
        socket.connected &&
        socket.sendBuffer.length === 0 &&
        waitsForRetries(socket) === 0 &&
        socket.io._connection._unsentBytes === 0,
    );
  }

  get state(): string {
    return this.#sockets
      .map((socket) => {
        const waiting = socket.sendBuffer.length + waitsForRetries(socket);
        return `${socket.nsp} is ${socket.connected ? '' : 'not '}connected, ${waiting} wait`;
      })
      .join('; ');
  }

  emit(emit: Emit): void {
    const socket = this.#sockets[emit.nsp] as Socket;
    const id = this.#args.length;
    const payload: Payload = { id, reply: emit.reply, pad: '.'.repeat(emit.pad) };
    const args: unknown[] = ['e', payload, ...(emit.binary ? [Buffer.from('binary')] : [])];
    this.#args.push(args);
    const { kind } = emit;
    const aborter = kind.includes('signal') ? new AbortController() : undefined;
    if (aborter) this.#aborters.push(aborter);
    const ackTimeout = this.#setting.sockets[emit.nsp]?.ackTimeout;
    const { retries = 0 } = this.#setting.sockets[emit.nsp] ?? {};
    const isPlain = kind === 'callback' || kind === 'volatile callback';
    const errorFirst = ackTimeout !== undefined || retries > 0;
    const wanted: Wanted = {
      volatile: kind.startsWith('volatile'),
      told:
        kind === 'plain' || kind === 'volatile' ? 'nobody' : isPlain && !errorFirst ? 'plain' : 'error first',
      signal: aborter?.signal,
      timed: kind.includes('timeout') || ackTimeout !== undefined,
    };
    const one = this.#emitLog.add(socket.nsp, retries, payload, wanted);
    const told = (error: Error | null): void => {
      this.#emitLog.ended(one, error);
      if (emit.again) this.#sayMore(emit.nsp);
    };
    this.#send(socket, args as [string, ...unknown[]], kind, one, aborter?.signal, told);
  }

  abort(which: number): void {
    this.#aborters.splice(which, 1)[0]?.abort(new Error('aborted by the program'));
  }

  leave(which: number): void {
    const socket = this.#sockets[which] as Socket;
    this.#part(socket);
    socket.disconnect();
  }

  join(which: number): void {
    this.#sockets[which]?.connect();
  }

  clear(which: number): void {
    for (const [, payload] of this.#sockets[which]?.clearBuffer() ?? []) {
      const one = this.#emitLog.all[(payload as Payload).id];
      // Emits without a callback are reported by the return value.
      if (one && one.told !== 'error first' && one.ends.length === 0) {
        this.#emitLog.ended(one, new HoldfastError('CLEARED', 'returned'));
      }
    }
  }

  /** The session of a socket ends for another reason than a lost connection. */
  #part({ nsp, sendBuffer }: Socket): void {
    this.#emitLog.sessionEnded(nsp, new Set(sendBuffer.map(({ data }) => (data[1] as Payload).id)));
  }

  joinAll(): void {
    for (const socket of this.#sockets) if (!socket.active) socket.connect();
  }

  leaveAll(): void {
    for (const index of this.#sockets.keys()) this.leave(index);
  }

  clearAll(): void {
    for (const socket of this.#sockets) socket.clearBuffer();
  }

  /** Checks the bounds of the outbox, which do not apply to emits returned by the connection. */
  checkBounds(): void {
    for (const [index, { nsp, sendBuffer }] of this.#sockets.entries()) {
      const limits = { ...OUTBOX_DEFAULTS, ...this.#setting.sockets[index]?.outbox };
      const { maxPackets, maxBytes } = limits as typeof OUTBOX_DEFAULTS;
      const ids = sendBuffer.map(({ data }) => (data[1] as Payload).id);
      for (const id of ids) if (this.#out.has(id)) this.cameBack.add(id);
      const fresh = sendBuffer.filter((_, place) => !this.#out.has(ids[place] as number));
      const bytes = fresh.reduce((sum, packet) => sum + weigh(encode(packet as never)), 0);
      if (fresh.length > maxPackets || bytes > maxBytes) {
        this.#emitLog.complain(`${fresh.length} packets of ${bytes} bytes wait in ${nsp}, more than allowed`);
      }
    }
  }

  /** Checks that no emit is left. */
  checkEmpty(): void {
    for (const socket of this.#sockets) {
      const { _pending, _returned } = hidden(socket)._sender;
      const left = _pending.size + _returned.length + waitsForRetries(socket) + socket.sendBuffer.length;
      if (left > 0 || socket.bufferedAmount !== 0)
        this.#emitLog.complain(`${left} things are left in ${socket.nsp}`);
    }
  }

  #listen(socket: Socket, index: number): void {
    const { nsp } = socket;
    socket.on('dropped', (error: Error, message: readonly unknown[]) => {
      const { id } = message[1] as Payload;
      const one = this.#emitLog.all[id];
      if (!one || !sameAs(message, this.#args[id] ?? []))
        this.#emitLog.complain(`"dropped" told of another event than ${id}`);
      else this.#emitLog.ended(one, error, 'dropped');
      if (this.#setting.talkative && id % 4 === 0) this.#sayMore(index);
    });
    socket.on('news', (news: number, answer: () => void) => {
      this.#emitLog.heard(nsp, news);
      answer();
    });
    socket.onAnyOutgoing((_name, payload: Payload) => this.#out.add(payload.id));
    socket.on('disconnect', (reason: string) => {
      if (reason === 'io server disconnect') this.#part(socket);
    });
    if (!this.#setting.talkative) return;
    socket.on('connect', () => this.#sayMore(index));
    socket.on('disconnect', () => this.#sayMore(index));
  }

  #sayMore(nsp: number): void {
    if (this.over) return;
    this.emit({ kind: 'plain', nsp, reply: 'at once', pad: 0, binary: false, again: false });
  }

  #send(
    socket: Socket,
    args: [string, ...unknown[]],
    kind: Emit['kind'],
    one: Emitted,
    signal: AbortSignal | undefined,
    told: (error: Error | null) => void,
  ): void {
    const errorFirst = (error: Error | null, answer?: unknown): void => {
      if (!error) this.#checkAnswer(one, answer);
      told(error);
    };
    const promised = (promise: Promise<unknown>): void => {
      promise.then((answer) => errorFirst(null, answer), errorFirst);
    };
    const callback = one.told === 'plain' ? (answer: unknown) => errorFirst(null, answer) : errorFirst;
    switch (kind) {
      case 'plain':
        socket.emit(...args);
        break;
      case 'callback':
        socket.emit(...args, callback);
        break;
      case 'timeout':
        socket.timeout(1_500).emit(...args, callback);
        break;
      case 'promise':
        promised(socket.emitWithAck(...args));
        break;
      case 'promise with timeout':
        promised(socket.timeout(1_500).emitWithAck(...args));
        break;
      case 'signal':
        socket.signal(signal as AbortSignal).emit(...args, callback);
        break;
      case 'promise with signal':
        promised(socket.signal(signal as AbortSignal).emitWithAck(...args));
        break;
      case 'volatile':
        socket.volatile.emit(...args);
        break;
      case 'volatile callback':
        socket.volatile.emit(...args, callback);
        break;
      case 'volatile promise':
        promised(socket.volatile.emitWithAck(...args));
        break;
    }
  }

  #checkAnswer({ payload }: Emitted, answer: unknown): void {
    if (answer !== payload.id)
      this.#emitLog.complain(`emit ${payload.id} got the acknowledgement of ${answer}`);
  }
}

const sameAs = (some: readonly unknown[], others: readonly unknown[]): boolean =>
  some.length === others.length && some.every((one, index) => one === others[index]);
