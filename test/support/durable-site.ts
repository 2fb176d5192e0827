import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import sqlite from 'node-sqlite3-wasm';
import { Server } from 'socket.io';
import { freePort, host, listen } from './ports.js';

/** Pages with the durable outbox, which stop at a chosen step, and servers that handle each message once, with SQLite. */

export const steps = ['before', 'written', 'sending', 'sent', 'answered', 'removed'] as const;
export type Step = (typeof steps)[number];

export interface Site {
  readonly origin: string;
  /** Resolves when the page of this cell has stopped at its step. Returns a function that lets it continue. */
  reached(cell: string): Promise<(order: string) => void>;
  close(): Promise<void>;
}

const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/.$/, '');

/** One file, because a page with many is slow to load. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { io } from './dist/browser/production/index.js';
        import { durable } from './dist/browser/production/plugins/durable/index.js';
        import { tabs } from './dist/browser/production/plugins/tabs/index.js';
        Object.assign(globalThis, { io, durable, shareTabs: tabs, boot: Math.random() });`,
      resolveDir: root,
    },
    bundle: true,
    format: 'iife',
    minify: true,
    write: false,
    logLevel: 'error',
  });
  return `${outputFiles[0]?.text}`;
}

export async function startDurableSite(): Promise<Site> {
  const script = await bundle();
  const port = await freePort();
  const reached = new Map<string, (response: ServerResponse) => void>();
  const waiting = new Map<string, ServerResponse>();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://site');
    if (pathname === '/bundle.js') response.setHeader('Content-Type', 'text/javascript').end(script);
    else if (pathname === '/stop') {
      const cell = `${searchParams.get('cell')}`;
      const tell = reached.get(cell);
      if (tell) tell(response);
      else waiting.set(cell, response);
    } else if (pathname === '/clear') response.setHeader('Clear-Site-Data', '"storage"').end();
    else {
      const code = pathname === '/empty' ? '' : '<script src="/bundle.js"></script>';
      response
        .setHeader('Content-Type', 'text/html')
        .end(`<!doctype html><title>durable</title><link rel="icon" href="data:,">${code}`);
    }
  });
  await listen(server, port);
  return {
    origin: `http://${host}:${port}`,
    reached: (cell) =>
      new Promise((resolve) => {
        const tell = (response: ServerResponse): void =>
          resolve((order) => {
            response.end(order);
          });
        const there = waiting.get(cell);
        if (there) tell(there);
        else reached.set(cell, tell);
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface Arrival {
  readonly key: string;
  readonly socket: string;
  readonly item: string;
}

export interface RecipeServer {
  readonly url: string;
  readonly io: Server;
  /** Everything that arrived, in order, including duplicates. */
  readonly arrivals: readonly Arrival[];
  /** The items that begin with `prefix`, in the order in which they were handled. */
  handled(prefix: string): string[];
  close(): Promise<void>;
}

type Documented = (
  io: Server,
  sqlite: object,
) => { all(sql: string, values?: unknown[]): { item: string }[]; close(): void };

/** The server in docs/durable.md, as it is pasted. */
export async function recipe(): Promise<string> {
  const text = await readFile(new URL('../../docs/durable.md', import.meta.url), 'utf8');
  const [, code] = /<!-- run by test\/browser\/durable\.test\.ts -->\s+```js\n(.*?)```/s.exec(text) ?? [];
  if (code === undefined) throw new Error('docs/durable.md has no such block.');
  return code;
}

/** The same with another `io` and another file. */
export async function documented(file: string): Promise<Documented> {
  const body = (await recipe())
    .replace(/^(import|const io =) .*$/gm, '')
    .replace("'orders.db'", JSON.stringify(file));
  return new Function('io', 'sqlite', `${body}\nreturn db;`) as Documented;
}

/** @param recovery whether the server recovers connections */
export async function startRecipeServer(folder: string, recovery: boolean): Promise<RecipeServer> {
  const set = await documented(join(folder, `orders-${recovery}.db`));
  const port = await freePort();
  const arrivals: Arrival[] = [];
  let io: Server;
  let db: ReturnType<Documented>;
  const start = async (): Promise<void> => {
    const http = createServer();
    io = new Server(http, {
      cors: { origin: '*' },
      ...(recovery && { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } }),
    });
    db = set(io, sqlite);
    io.on('connection', (socket) => {
      socket.onAny((_event, { item }, { idempotencyKey }) => {
        arrivals.push({ key: idempotencyKey, socket: socket.id, item });
      });
    });
    await listen(http, port);
  };
  const stop = async (): Promise<void> => {
    await io.close();
    db.close();
  };
  await start();
  return {
    url: `http://${host}:${port}`,
    get io() {
      return io;
    },
    arrivals,
    handled: (prefix) =>
      db
        .all('SELECT item FROM orders WHERE item LIKE ? ORDER BY rowid', [`${prefix}%`])
        .map(({ item }) => item),
    close: stop,
  };
}

/** The state of one cell in a page. */
export interface Tab {
  // biome-ignore lint/suspicious/noExplicitAny: the types of the outbox are tested elsewhere
  readonly outbox: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly socket: any;
  emit(items: readonly string[]): Promise<unknown>[];
  /** The outcomes of events from earlier pages: the item, and the code of its error. */
  readonly settled: string[];
  readonly restored: string[];
  readonly errors: string[];
}

declare global {
  interface Window {
    tabs: Record<string, Tab>;
    durable: unknown;
    /** Different after each load. */
    boot: number;
    /** The cell that should stop at its step. */
    armed?: string;
  }
}

export interface Start {
  readonly url: string;
  readonly cell: string;
  readonly options?: object;
  /** By default, the cell's own outbox. */
  readonly name?: string;
  /** Whether the tabs share one connection. */
  readonly shared?: boolean;
}

/** In a page: connects with the outbox, and resolves when it is connected. */
export async function startInPage({ url, cell, options = {}, name = cell, shared }: Start): Promise<void> {
  // biome-ignore lint/suspicious/noExplicitAny: put there by the bundle
  const { durable, io, shareTabs } = window as any;
  const outbox = durable({ name, owner: 'user', ...options });
  const settled: string[] = [];
  const restored: string[] = [];
  const errors: string[] = [];
  type Entry = { args: { item: string }[] };
  outbox.onSettled(({ args }: Entry, { error }: { error?: { code: string } }) =>
    settled.push(`${args[0]?.item} ${error?.code ?? 'answered'}`),
  );
  outbox.onRestored((entries: Entry[]) => {
    for (const { args } of entries) restored.push(`${args[0]?.item}`);
  });
  outbox.onError((error: { code: string }) => errors.push(error.code));
  const socket = io(url, {
    plugins: shared ? [shareTabs({ key: cell }), outbox] : [outbox],
    forceNew: true,
    reconnectionDelay: 50,
    reconnectionDelayMax: 200,
  });
  const emit = (items: readonly string[]) =>
    items.map((item) => outbox.emitWithAck(socket, 'order', { item }));
  window.tabs ??= {};
  window.tabs[cell] = { outbox, socket, emit, settled, restored, errors };
  await socket.ready();
}

/**
 * In a page: stops it the `nth` time that it reaches a step, until the site continues it.
 * Resolves when this is set.
 */
export async function armInPage({
  cell,
  step,
  nth = 1,
}: {
  cell: string;
  step: string;
  nth?: number;
}): Promise<void> {
  // An emit resolves before its record is removed. The removal of an earlier one must not count as a step.
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(JSON.stringify(['holdfast', cell, 'user']));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const count = () =>
    new Promise<number>((resolve, reject) => {
      const request = db.transaction('entries').objectStore('entries').count();
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  while ((await count()) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  db.close();
  let left = nth;
  const stop = (at: string): void => {
    if (at !== step || --left !== 0) return;
    const request = new XMLHttpRequest();
    request.open('GET', `/stop?cell=${cell}`, false);
    request.send();
    // biome-ignore lint/suspicious/noDebugger: the test crashes the page here
    if (request.responseText === 'pause') debugger;
    if (request.responseText === 'reload') location.reload();
    if (request.responseText === 'leave') location.href = '/empty';
  };
  const { add, delete: remove } = IDBObjectStore.prototype;
  const { transaction } = IDBDatabase.prototype;
  const kinds = new WeakMap<IDBTransaction, string>();
  IDBObjectStore.prototype.add = function (this: IDBObjectStore, ...args) {
    stop('before');
    kinds.set(this.transaction, 'written');
    return add.apply(this, args);
  };
  IDBObjectStore.prototype.delete = function (this: IDBObjectStore, ...args) {
    if (this.name === 'entries') {
      if (kinds.get(this.transaction) !== 'removed') stop('answered');
      kinds.set(this.transaction, 'removed');
    }
    return remove.apply(this, args);
  };
  IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...args) {
    const made = transaction.apply(this, args);
    made.addEventListener('complete', () => stop(kinds.get(made) ?? ''));
    return made;
  };
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (this: WebSocket, data) {
    const mine = typeof data === 'string' && data.includes('"order"');
    if (mine) stop('sending');
    send.call(this, data);
    if (mine) stop('sent');
  };
  window.armed = cell;
}
