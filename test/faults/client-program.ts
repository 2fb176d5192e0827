import type { io as Io } from '../../src/index.js';
import type { Options } from '../../src/platform/options.js';

/** The program of a client in the lab: it sends numbered messages all the time, and notes what becomes of each. */

export interface Message {
  readonly n: number;
  readonly emittedAtMs: number;
  /** Emitted while the socket was not connected: nothing of it can have been under way. */
  readonly away: boolean;
  /** `acknowledged`, or the code of the error that its emitter was told. */
  readonly outcome?: string;
  readonly settledAtMs?: number;
}

/** Something that the client was told. Times are of the wall clock, the same one in the browser and here. */
export interface Entry {
  readonly atMs: number;
  readonly what: 'try' | 'failed' | 'won' | 'moved' | 'connect' | 'connect_error' | 'disconnect';
  readonly detail: string;
}

export interface Report {
  readonly messages: Message[];
  readonly entries: Entry[];
  readonly transport: string | undefined;
}

export interface TalkSettings {
  readonly url: string;
  readonly options: Options;
  readonly everyMs: number;
}

export interface Talk {
  /** When the client was first told of this, since then. */
  told(what: Entry['what'], sinceMs: number): Promise<number>;
  /** When the first message that was emitted since `emittedMs` was acknowledged, after `settledMs`. */
  acknowledged(emittedMs: number, settledMs: number): Promise<number>;
  /** When the connection, which may move there first, is on this transport. */
  on(transport: string): Promise<number>;
  /** Emits nothing until `resume`. */
  pause(): void;
  resume(): void;
  /** Stops; resolves when somebody was told of each message, or the time is up. */
  finish(limitMs: number): Promise<void>;
  report(): Report;
  /** Disconnects, as a page does that has enough. */
  leave(): void;
}

/** Runs in a page as well as here; refers to nothing outside of itself. */
export function startTalk({ url, options, everyMs }: TalkSettings, given?: typeof Io): Talk {
  const messages: { -readonly [Key in keyof Message]: Message[Key] }[] = [];
  const entries: Entry[] = [];
  const watchers = new Set<() => void>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let transport: string | undefined;

  const socket = (given ?? window.io)(url, { forceNew: true, ...options });
  const note = (what: Entry['what'], detail = ''): void => {
    entries.push({ atMs: Date.now(), what, detail });
    look();
  };
  const look = (): void => {
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

  socket.on('connect', () => note('connect', socket.io.transport));
  socket.on('connect_error', (error) => note('connect_error', error.message));
  socket.on('disconnect', (reason) => note('disconnect', reason));
  socket.io.on('attempt', (news) => {
    note(
      news.phase === 'start' ? 'try' : news.phase,
      `${news.transport}${news.error ? `: ${news.error}` : ''}`,
    );
  });
  socket.io.on('status', () => {
    const before = transport;
    transport = socket.io.transport;
    if (before && transport && before !== transport) note('moved', transport);
    look();
  });

  const emit = (): void => {
    const message: (typeof messages)[number] = {
      n: messages.length,
      emittedAtMs: Date.now(),
      away: !socket.connected,
    };
    messages.push(message);
    const settle = (outcome: string): void => {
      message.outcome = outcome;
      message.settledAtMs = Date.now();
      look();
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
    told: (what, sinceMs) =>
      until(() => entries.find((entry) => entry.what === what && entry.atMs >= sinceMs)?.atMs),
    acknowledged: (emittedMs, settledMs) =>
      until(
        () =>
          messages.find(
            ({ outcome, emittedAtMs, settledAtMs = 0 }) =>
              outcome === 'acknowledged' && emittedAtMs >= emittedMs && settledAtMs >= settledMs,
          )?.settledAtMs,
      ),
    on: (wanted) =>
      until(() => (socket.connected && socket.io.transport === wanted ? Date.now() : undefined)),
    pause,
    resume,
    async finish(limitMs) {
      pause();
      const settled = until(() => messages.every(({ outcome }) => outcome !== undefined) || undefined);
      await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, limitMs))]);
    },
    report: () => structuredClone({ messages, entries, transport: socket.io.transport }),
    leave: () => socket.disconnect(),
  };
}
