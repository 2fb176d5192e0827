import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { io as officialIo } from 'socket.io-client';
import { io as holdfastIo } from '../../../src/index.js';
import { createTestServer } from '../../../src/testing/index.js';
import { freePort, host } from '../../support/ports.js';

/** A server and its clients for a behaviour: in memory or real, with either client. */

// biome-ignore lint/suspicious/noExplicitAny: the same handlers run on servers of two libraries
export type AnyServer = any;
// biome-ignore lint/suspicious/noExplicitAny: and are spoken to by clients of two
export type AnyClient = any;

export interface Stage {
  readonly server: AnyServer;
  /** Another client, with its own connection. */
  connect(address?: string, options?: object): AnyClient;
  /** Waits for an event of an emitter, and returns its arguments. */
  next(emitter: AnyServer, event: string): Promise<unknown[]>;
  /** Cuts the connection of a client, like a network. */
  cut(client: AnyClient): void;
  close(): Promise<void>;
}

export type ServerKind = 'memory' | 'real';
export type ClientKind = 'holdfast' | 'official';

/** Long enough for a busy machine. */
const DEADLINE_MS = 15_000;

const next: Stage['next'] = (emitter, event) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no "${event}" came`)), DEADLINE_MS);
    emitter.once(event, (...args: unknown[]) => {
      clearTimeout(timer);
      resolve(args);
    });
  });

export async function setStage(kind: ServerKind, client: ClientKind, options: object): Promise<Stage> {
  return kind === 'memory' ? inMemory(client, options) : real(client, options);
}

const common = { forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 50 };

function inMemory(kind: ClientKind, options: object): Stage {
  const { server, tab } = createTestServer(options);
  const clients: AnyClient[] = [];
  return {
    server,
    connect(address = '/', own = {}) {
      const settings = { ...common, ...own };
      const client =
        kind === 'holdfast'
          ? tab()(address, settings)
          : officialIo(`http://${host}${address}`, { ...settings, transports: [server.transport as never] });
      clients.push(client);
      return client;
    },
    next,
    // Only for one client: the others continue.
    cut(client) {
      const link = [...server._network.links].find(
        (one) => (client.io.engine.transport as { _link?: unknown })._link === one,
      );
      link?.cut();
    },
    async close() {
      for (const client of clients) client.disconnect();
      await server.close();
    },
  };
}

async function real(kind: ClientKind, options: object): Promise<Stage> {
  const http = createServer();
  const server = new Server(http, options);
  const port = await freePort();
  await new Promise<void>((resolve) => http.listen(port, host, resolve));
  const clients: AnyClient[] = [];
  return {
    server,
    connect(address = '/', own = {}) {
      const io = (kind === 'holdfast' ? holdfastIo : officialIo) as (url: string, given: object) => AnyClient;
      const client = io(`http://${host}:${port}${address}`, { ...common, transports: ['websocket'], ...own });
      clients.push(client);
      return client;
    },
    next,
    cut: (client) => client.io.engine.transport.ws.terminate(),
    async close() {
      for (const client of clients) client.disconnect();
      await server.close();
    },
  };
}
