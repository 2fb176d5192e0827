/** What browsers offer to tabs that work together: locks, channels, workers, and visibility. */
import { attempt } from './attempt.js';
import type { Cancel } from './clock.js';
import { nativeTurn } from './native-turn.js';

/** `frozen` and `resumed`: the browser freezes a hidden page, and resumes it (Page Lifecycle). */
export type TabSignal = 'visible' | 'hidden' | 'frozen' | 'resumed';

/** A channel to the other tabs, or to a worker. Messages are cloned. */
export interface Channel {
  post(message: unknown): void;
  close(): void;
}

/** What a tab needs to share a connection with others; tests pass their own. */
export interface TabPlatform {
  /** Why tabs cannot share here; undefined if they can. */
  readonly missing: string | undefined;
  readonly visible: boolean;
  watch(listener: (signal: TabSignal) => void): Cancel;
  /**
   * Asks for a lock that one tab at a time has.
   *
   * @param steal takes it from the tab that has it
   * @param lost the lock was stolen, or cannot be had at all; not called after the returned cancel
   * @returns gives it back, or stops waiting for it
   */
  lock(name: string, steal: boolean, granted: () => void, lost: (error: unknown) => void): Cancel;
  /** @param many for many messages: those posted until the next task travel as one */
  channel(name: string, heard: (message: unknown) => void, many?: boolean): Channel;
  /** @returns undefined if there are no shared workers */
  worker(
    url: string | URL,
    name: string,
    heard: (message: unknown) => void,
    failed: () => void,
  ): Channel | undefined;
}

/** Those of this page or worker. */
export const systemTabs: TabPlatform = {
  get missing() {
    // Node has locks and channels, too, but no tabs.
    if (!attempt(() => location.origin)) return 'no page';
    // Test environments have pages without `isSecureContext`.
    if (!attempt(() => navigator.locks.request))
      return attempt(() => isSecureContext) === false
        ? 'no Web Locks: the page is not secure'
        : 'no Web Locks';
    if (!attempt(() => AbortController)) return 'no AbortController';
    return attempt(() => BroadcastChannel) ? undefined : 'no BroadcastChannel';
  },
  get visible() {
    return attempt(() => document.visibilityState) !== 'hidden';
  },
  watch(listener) {
    const tell = ({ type }: Event): void =>
      listener(type === 'freeze' ? 'frozen' : type === 'resume' ? 'resumed' : document.visibilityState);
    const change = (what: 'addEventListener' | 'removeEventListener'): void => {
      for (const name of ['visibilitychange', 'freeze', 'resume']) attempt(() => document[what](name, tell));
    };
    change('addEventListener');
    return () => change('removeEventListener');
  },
  lock(name, steal, granted, lost) {
    const waiting = new AbortController();
    let over = false;
    let release: Cancel | undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const hold = (): Promise<void> | undefined => {
      if (over) return undefined;
      granted();
      return held;
    };
    const refused = (error: unknown): void => {
      if (!over) lost(error);
    };
    // The two options exclude each other. A request that throws is a refusal, too.
    new Promise((resolve) =>
      resolve(navigator.locks.request(name, steal ? { steal } : { signal: waiting.signal }, hold)),
    ).catch(refused);
    return () => {
      over = true;
      release?.();
      waiting.abort();
    };
  },
  channel(name, heard, many) {
    const channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }) => hearEach(data, heard);
    const post = (message: unknown): void => channel.postMessage(message);
    const [postLater, flush] = batched(post);
    return {
      post: many ? postLater : post,
      close() {
        flush();
        channel.close();
      },
    };
  },
  worker(url, name, heard, failed) {
    const worker = attempt(() => new SharedWorker(url, name));
    if (!worker) return undefined;
    const { port } = worker;
    worker.onerror = failed;
    port.onmessage = ({ data }) => hearEach(data, heard);
    return {
      post: (message) => port.postMessage(message),
      close() {
        port.close();
        // Keeps the object until then: Chromium may collect it before it reports that the script could not be loaded.
        worker.onerror = null;
      },
    };
  },
};

/** Every post wakes other processes, so messages are collected until the next task. */
function batched(post: (messages: unknown[]) => void): [post: (message: unknown) => void, flush: () => void] {
  let waiting: unknown[] = [];
  const flush = (): void => {
    const messages = waiting;
    waiting = [];
    if (messages.length > 0) post(messages);
  };
  return [
    (message) => {
      // Not `scheduler.yield`: it would run before messages that have already arrived.
      if (waiting.push(message) === 1) nativeTurn(flush);
    },
    flush,
  ];
}

/** Messages begin with a word; one that begins with a message is a list of them. */
function hearEach(data: unknown, heard: (message: unknown) => void): void {
  for (const message of Array.isArray(data) && Array.isArray(data[0]) ? data : [data]) heard(message);
}

/** The name of this shared worker. */
export const workerName = (): string => (globalThis as { name?: string }).name ?? '';

/** In a shared worker: calls `connected` with a channel to each page, including those that have connected already. */
export function servePages(
  connected: (answer: (message: unknown) => void) => (message: unknown) => void,
): void {
  (globalThis as { onconnect?: (event: MessageEvent) => void }).onconnect = ({ ports: [port] }) => {
    if (port) port.onmessage = listenerOf(port, connected);
  };
}

function listenerOf(
  port: MessagePort,
  connected: (answer: (message: unknown) => void) => (message: unknown) => void,
): (event: MessageEvent) => void {
  const heard = connected(batched((message) => port.postMessage(message))[0]);
  return ({ data }) => heard(data);
}
