import type { io as Io } from '../../src/index.js';
import type { Options } from '../../src/platform/options.js';

/** The client program of the fault tests: it constantly sends numbered messages and records the outcome of each. */

export interface Message {
  readonly n: number;
  readonly emittedAtMs: number;
  /** Emitted while the socket was disconnected, so it cannot have been in flight. */
  readonly whileDisconnected: boolean;
  /** `acknowledged`, or the code of the emit's error. */
  readonly outcome?: string;
  readonly settledAtMs?: number;
}

/** A log entry of the client. Times are wall-clock times, which are the same in the browser and here. */
export interface Entry {
  readonly atMs: number;
  readonly what: 'attempt' | 'failed' | 'won' | 'upgraded' | 'connect' | 'connect_error' | 'disconnect';
  readonly detail: string;
}

export interface Report {
  readonly messages: Message[];
  readonly entries: Entry[];
  readonly transport: string | undefined;
}

export interface ProgramSettings {
  readonly url: string;
  readonly options: Options;
  /** Options that the manager gets as soon as it is connected. */
  readonly onceConnected?: Options | undefined;
  readonly everyMs: number;
}

export interface ClientProgram {
  /** Resolves with the time of the first such log entry since `sinceMs`. */
  untilLogged(what: Entry['what'], sinceMs: number): Promise<number>;
  /** Resolves with the time at which a message emitted since `emittedMs` was acknowledged, not before `settledMs`. */
  untilAcknowledged(emittedMs: number, settledMs: number): Promise<number>;
  /** Resolves when the connection uses this transport, possibly after an upgrade. */
  untilTransport(transport: string): Promise<number>;
  /** Stops emitting until `resume`. */
  pause(): void;
  resume(): void;
  /** Stops emitting; resolves when every message has an outcome, or the time is up. */
  finish(limitMs: number): Promise<void>;
  report(): Report;
  disconnect(): void;
}

/** Starts the program. Runs in pages and in Node, so it refers to nothing outside itself. */
export function startProgram(
  { url, options, onceConnected, everyMs }: ProgramSettings,
  given?: typeof Io,
): ClientProgram {
  const messages: { -readonly [Key in keyof Message]: Message[Key] }[] = [];
  const entries: Entry[] = [];
  const watchers = new Set<() => void>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let transport: string | undefined;

  const socket = (given ?? window.io)(url, { forceNew: true, ...options });
  const log = (what: Entry['what'], detail = ''): void => {
    entries.push({ atMs: Date.now(), what, detail });
    notify();
  };
  const notify = (): void => {
    for (const watcher of [...watchers]) watcher();
  };
  const until = <Found>(find: () => Found | undefined): Promise<Found> =>
    new Promise((resolve) => {
      const watcher = (): void => {
        const found = find();
        if (found === undefined) return;
        watchers.delete(watcher);
        resolve(found);
      };
      watchers.add(watcher);
      watcher();
    });

  socket.once('connect', () => Object.assign(socket.io.opts, onceConnected));
  socket.on('connect', () => log('connect', socket.io.transport));
  socket.on('connect_error', (error) => log('connect_error', error.message));
  socket.on('disconnect', (reason) => log('disconnect', reason));
  socket.io.on('attempt', (attempt) => {
    log(
      attempt.phase === 'start' ? 'attempt' : attempt.phase,
      `${attempt.transport}${attempt.error ? `: ${attempt.error}` : ''}`,
    );
  });
  socket.io.on('status', () => {
    const before = transport;
    transport = socket.io.transport;
    if (before && transport && before !== transport) log('upgraded', transport);
    notify();
  });

  const emit = (): void => {
    const message: (typeof messages)[number] = {
      n: messages.length,
      emittedAtMs: Date.now(),
      whileDisconnected: !socket.connected,
    };
    messages.push(message);
    const settle = (outcome: string): void => {
      message.outcome = outcome;
      message.settledAtMs = Date.now();
      notify();
    };
    socket.emitWithAck('count', message.n).then(
      (answer: unknown) => settle(answer === message.n ? 'acknowledged' : 'answered wrongly'),
      (error: { code?: string }) => settle(error.code ?? String(error)),
    );
  };
  const pause = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const resume = (): void => {
    emit();
    timer ??= setInterval(emit, everyMs);
  };
  resume();

  return {
    untilLogged: (what, sinceMs) =>
      until(() => entries.find((entry) => entry.what === what && entry.atMs >= sinceMs)?.atMs),
    untilAcknowledged: (emittedMs, settledMs) =>
      until(
        () =>
          messages.find(
            ({ outcome, emittedAtMs, settledAtMs = 0 }) =>
              outcome === 'acknowledged' && emittedAtMs >= emittedMs && settledAtMs >= settledMs,
          )?.settledAtMs,
      ),
    untilTransport: (wanted) =>
      until(() => (socket.connected && socket.io.transport === wanted ? Date.now() : undefined)),
    pause,
    resume,
    async finish(limitMs) {
      pause();
      const settled = until(() => messages.every(({ outcome }) => outcome !== undefined) || undefined);
      await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, limitMs))]);
    },
    report: () => structuredClone({ messages, entries, transport: socket.io.transport }),
    disconnect: () => void socket.disconnect(),
  };
}
