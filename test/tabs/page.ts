import { io, type Socket } from 'holdfast';
import { tabs } from 'holdfast/tabs';

/** The program of every page: a socket for each situation, and a record of all outcomes. */

export interface Setup {
  /** The name of the situation, and the server. */
  readonly group: string;
  readonly url: string;
  readonly worker?: string;
}

export interface Ended {
  readonly id: string;
  /** Absent while it is pending; `ok` if it was acknowledged. */
  end?: string;
  maybeDelivered?: boolean | undefined;
  ms: number;
}

export interface Recorded {
  readonly role: string | undefined;
  readonly connected: boolean;
  readonly id: string | undefined;
  readonly emits: readonly Ended[];
  /** The events received, in order: numbers, and `gap`, `connect`, `recovered`, `disconnect: reason`. */
  readonly heard: readonly (number | string)[];
}

interface Part {
  readonly socket: Socket;
  readonly emits: Ended[];
  readonly heard: (number | string)[];
}

const parts = new Map<string, Part>();
/** A name for this tab, for the ids of its emits. */
let tab = '';
let count = 0;

const program = {
  start(name: string, setups: readonly Setup[]): void {
    tab = name;
    for (const { group, url, worker } of setups) {
      const socket = io(url, {
        plugins: [tabs({ key: group, ...(worker && { worker }) })],
        query: { group },
        forceNew: true,
        reconnectionDelay: 100,
        reconnectionDelayMax: 500,
        hideOffset: true,
      }) as unknown as Socket;
      const part: Part = { socket, emits: [], heard: [] };
      parts.set(group, part);
      socket.on('news', (news: number) => part.heard.push(news));
      socket.on('gap', () => part.heard.push('gap'));
      socket.on('connect', () => part.heard.push(socket.recovered ? 'recovered' : 'connect'));
      socket.on('disconnect', (reason) => part.heard.push(`disconnect: ${reason}`));
    }
  },

  /** Emits this many events at this interval in milliseconds; with 0, all at once. */
  emit(group: string, times: number, everyMs: number, binary: boolean, patienceMs: number): void {
    const { socket, emits } = parts.get(group) as Part;
    const one = (): void => {
      const startedMs = performance.now();
      const emitted: Ended = { id: `${tab} ${++count}`, ms: 0 };
      emits.push(emitted);
      const args: unknown[] = [emitted.id, patienceMs, ...(binary ? [new Uint8Array([1, 2, 3])] : [])];
      socket
        .timeout(30_000)
        .emit('e', ...args, (error: (Error & { code?: string; maybeDelivered?: boolean }) | null) => {
          emitted.end = error
            ? (emitted.end ?? '') + (error.code ?? error.message)
            : `${emitted.end ?? ''}ok`;
          emitted.maybeDelivered = error?.maybeDelivered;
          emitted.ms = performance.now() - startedMs;
        });
    };
    for (let i = 0; i < times; i += 1) {
      if (everyMs === 0) one();
      else setTimeout(one, i * everyMs);
    }
  },

  record(): Record<string, Recorded> {
    const all: Record<string, Recorded> = {};
    for (const [group, { socket, emits, heard }] of parts) {
      const { connected, id } = socket;
      all[group] = { role: socket.io.sharing?.role, connected, id, emits, heard };
    }
    return all;
  },

  /** Blocks the page for this long, by a synchronous request, which takes no CPU time from other tests. */
  block(ms: number): void {
    setTimeout(() => {
      const request = new XMLHttpRequest();
      request.open('GET', `/slow?${ms}`, false);
      request.send();
    }, 10);
  },

  socket: (group: string): Socket => (parts.get(group) as Part).socket,
};

export type Program = typeof program;

Object.assign(globalThis, { program });
