import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { generate } from 'selfsigned';
import { Server } from 'socket.io';

/** A typical app: pages with a client, and a Socket.IO server, on one port. */

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

/** A self-signed certificate. */
async function ownCertificate(): Promise<{ key: string; cert: string }> {
  const extensions = [{ name: 'subjectAltName' as const, altNames: [{ type: 7 as const, ip: '127.0.0.1' }] }];
  const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }], { extensions });
  return { key, cert };
}

/** @param secure over TLS */
export async function startApp(secure = false): Promise<App> {
  const answer: RequestListener = async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://app');
    const file = scripts[pathname];
    response.setHeader('content-type', file ? 'text/javascript' : 'text/html');
    response.end(file ? await readFile(root + file) : page(pathname.slice(1) || 'holdfast'));
  };
  const http = secure ? createSecureServer(await ownCertificate(), answer) : createServer(answer);
  const server = new Server(http);
  server.of('/closed').use((_socket, next) => next(new Error('not authorised')));
  server.on('connection', (socket) => {
    socket.on('note', (text, done) => done(`noted: ${text}`));
    socket.emit('hello', socket.id);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http${secure ? 's' : ''}://127.0.0.1:${(http.address() as AddressInfo).port}`,
    server,
    async close() {
      await server.close();
      http.closeAllConnections();
    },
  };
}
