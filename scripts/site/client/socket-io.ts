/** Replaces the package `socket.io` in the page: a program's `new Server(3000)` is an in-memory server for the page's connections. */
import { createTestServer } from 'holdfast/testing';

/** The server options that an in-memory server supports. */
const KNOWN = [
  ...['pingInterval', 'pingTimeout', 'maxHttpBufferSize', 'connectTimeout', 'connectionStateRecovery'],
  ...['cleanupEmptyChildNamespaces', 'path', 'parser'],
];

let io: object | undefined;

export class Server {
  constructor(...args: unknown[]) {
    const given = args.find((arg) => typeof arg === 'object' && arg !== null) ?? {};
    const options = Object.fromEntries(Object.entries(given).filter(([name]) => KNOWN.includes(name)));
    const { server } = createTestServer(options);
    if (!io) {
      io = server;
      window.provideServer(server as never);
    }
    // biome-ignore lint/correctness/noConstructorReturn: a program calls it with `new`
    return server as never;
  }
}
