import { readFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Server } from 'socket.io';

/** An app as people have it: pages with a client, and a Socket.IO server, on one port. */

const root = fileURLToPath(new URL('../../', import.meta.url));

const scripts: Readonly<Record<string, string>> = {
  '/holdfast.js': 'dist/holdfast.min.js',
  '/official.js': 'node_modules/socket.io-client/dist/socket.io.min.js',
};

/** The page of a client: it connects to the address in its query, or to its own server. */
const page = (
  client: string,
): string => `<!doctype html><title>${client}</title><script src="/${client}.js"></script><script>
  const query = new URLSearchParams(location.search);
  const socket = io(query.get('url') ?? '/', {
    reconnectionDelay: 50,
    reconnectionDelayMax: 200,
    ...(query.has('transports') && { transports: query.get('transports').split(',') }),
  });
  const log = [];
  socket.on('disconnect', (reason) => log.push(reason));
  const ask = (text) => socket.timeout(10000).emitWithAck('note', text);
</script>`;

export interface App {
  readonly url: string;
  readonly server: Server;
  close(): Promise<void>;
}

export async function startApp(): Promise<App> {
  const http: HttpServer = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://app');
    const file = scripts[pathname];
    response.setHeader('content-type', file ? 'text/javascript' : 'text/html');
    response.end(file ? await readFile(root + file) : page(pathname.slice(1) || 'holdfast'));
  });
  const server = new Server(http);
  server.on('connection', (socket) => {
    socket.on('note', (text, done) => done(`noted: ${text}`));
    socket.emit('hello', socket.id);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    server,
    async close() {
      await server.close();
      http.closeAllConnections();
    },
  };
}
