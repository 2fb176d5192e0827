import { createServer, type Server as HttpServer } from 'node:http';
import { createRequire } from 'node:module';
import type { Socket as NetSocket } from 'node:net';
import { freePort, host, listen } from '../support/ports.js';
import { type AnyApp, setUp } from './application.js';
import { makeForeign } from './foreign.js';
import { oldServers, type ServerName, type Settings } from './names.js';
import { startPython } from './python.js';

/** Starts a server of any protocol version, with the application of these tests. */

export interface Running {
  readonly port: number;
  /** Ends like a killed process. */
  kill(): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: the options of older versions fit no current type
type Start = (http: HttpServer, options: any) => AnyApp;

const packages: Readonly<Record<Exclude<ServerName, 'python'>, string>> = {
  '1.3.7': 'socket.io-1.3',
  '1.7.4': 'socket.io-1.7',
  '2.5.1': 'socket.io-2',
  '3.1.2': 'socket.io-3',
  '4.8.4': 'socket.io',
  foreign: 'socket.io',
};
const requireCurrent = createRequire(import.meta.url);
const requireOld = createRequire(new URL('servers/package.json', import.meta.url));

/** Loads the package of a server: this project's own, or one from the folder `servers`. */
export function load(name: Exclude<ServerName, 'python'>): Start {
  return (packages[name] === 'socket.io' ? requireCurrent : requireOld)(packages[name]);
}

export async function start(name: ServerName, settings: Settings = {}, port?: number): Promise<Running> {
  const at = port ?? (await freePort());
  return name === 'python' ? startPython(settings, at) : startHere(name, settings, at);
}

function startHere(
  name: Exclude<ServerName, 'python'>,
  { recovery, maxPayload, ...settings }: Settings,
  port: number,
): Promise<Running> {
  const old = oldServers.includes(name);
  return serve(port, (http) => {
    const app = load(name)(http, {
      ...settings,
      serveClient: false,
      cookie: old ? 'io' : { name: 'io', path: '/' },
      // Old servers accept every origin, unless `origins` is set.
      ...(!old && { cors: { origin: true, credentials: true } }),
      ...(recovery && { connectionStateRecovery: {} }),
      ...(maxPayload && { maxHttpBufferSize: maxPayload }),
    });
    setUp(app, old);
    if (name === 'foreign') makeForeign(app, {});
    return app;
  });
}

/** Serves an application in this process until it is killed. */
export async function serve(port: number, make: (http: HttpServer) => AnyApp): Promise<Running> {
  const http = createServer();
  const connections = new Set<NetSocket>();
  http.on('connection', (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
  });
  const app = make(http);
  await listen(http, port);
  return {
    port,
    async kill() {
      const closed = new Promise((resolve) => http.close(resolve));
      for (const connection of connections) connection.resetAndDestroy();
      app.engine.close();
      await closed;
    },
  };
}

export const address = (port: number): string => `http://${host}:${port}`;
