/** Stands for the package `socket.io` in the page: a program's `new Server(3000)` is a server in memory, which the page's connections lead to. */
import { createTestServer } from 'holdfast/testing';

/** The options of a server that a server in memory has as well. */
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
