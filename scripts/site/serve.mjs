// Serves a folder over HTTP, only to this machine.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

/** @param {string} path @returns {Promise<string | undefined>} The file for the path. */
async function fileAt(path) {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFile()) return path;
  return stats?.isDirectory() ? fileAt(join(path, 'index.html')) : undefined;
}

/**
 * @param {string} folder
 * @param {number} port 0 for any.
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function serveFolder(folder, port) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://x');
    const path = join(folder, normalize(decodeURIComponent(pathname)));
    const file = path.startsWith(normalize(folder)) ? await fileAt(path) : undefined;
    if (!file) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('There is no such page.');
      return;
    }
    // A folder's page needs the trailing slash for its links.
    if (file !== path && !pathname.endsWith('/')) {
      response.writeHead(302, { Location: `${pathname}/` }).end();
      return;
    }
    response.writeHead(200, {
      'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
      'Cache-Control': 'no-cache',
    });
    if (request.method === 'HEAD') response.end();
    else createReadStream(file).pipe(response);
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(undefined));
  });
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
