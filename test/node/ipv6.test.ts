import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { afterAll, beforeAll, test } from 'vitest';
import { io, Manager, type Socket } from '../../src/index.js';
import { within } from '../support/waiting.js';

/** Servers with an IPv6 address, which is in brackets in addresses, and may be without them in options. */

let server: Server;
let port: number;
const sockets: Socket[] = [];

beforeAll(async () => {
  const http = createServer();
  server = new Server(http);
  await new Promise<void>((resolve) => http.listen(0, '::1', resolve));
  ({ port } = http.address() as AddressInfo);
});
afterAll(async () => {
  for (const socket of sockets) socket.disconnect();
  await server.close();
});

async function expectToConnect(socket: Socket): Promise<void> {
  sockets.push(socket);
  await within(socket.ready(), 'the connection');
}

for (const transport of ['websocket', 'polling'] as const) {
  test.each(['[::1]', '[0:0:0:0:0:0:0:1]'])(`${transport} connects to %s`, (name) =>
    expectToConnect(
      io(`http://${name}:${port}`, { transports: [transport], forceNew: true, reconnection: false }),
    ),
  );

  test.each(['::1', '[::1]', '0:0:0:0:0:0:0:1'])(
    `a manager with the option hostname %s connects over ${transport}`,
    (hostname) =>
      expectToConnect(
        new Manager({ hostname, port, transports: [transport], reconnection: false } as object).socket('/'),
      ),
  );
}
