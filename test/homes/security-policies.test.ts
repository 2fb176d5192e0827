import type { Socket } from 'socket.io';
import { describe, expect, test } from 'vitest';
import { nextEvent } from '../support/waiting.js';
import { expectedExchange, html, useProject } from './support/fixture.js';

/** Pages with a strict content security policy, and cross-origin requests with and without cookies. */

const project = useProject({
  cors: (request, callback) => callback(null, { origin: request.headers.origin ?? false, credentials: true }),
  cookie: { name: 'station', httpOnly: true, sameSite: 'lax' },
});

declare global {
  interface Window {
    violations: string[];
    blobs: number;
  }
}

const nonce = 'TmV2ZXJDb250aW51ZQ';
const dist = '/node_modules/holdfast/dist';
/** Runs first, and counts policy violations and blob URLs. */
const watch = `<script nonce="${nonce}">
  window.violations = [];
  window.blobs = 0;
  addEventListener('securitypolicyviolation', (event) =>
    violations.push(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample));
  const made = URL.createObjectURL;
  URL.createObjectURL = (thing) => { blobs += 1; return made.call(URL, thing); };
</script>`;
const loaders = {
  script: `<script nonce="${nonce}" src="${dist}/holdfast.min.js"></script>`,
  module: `<script nonce="${nonce}" type="module">
    import { io } from '${dist}/holdfast.esm.min.js'; window.io = io;
  </script>`,
};
const definesExchange = `<script nonce="${nonce}" type="module">
  import { exchange } from '/programs/exchange.js'; window.exchange = (url, options) => exchange(io, url, options);
</script>`;

function strictPage(loader: string): string {
  const { url } = project.server;
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    `connect-src ${url} ${url.replace('http', 'ws')}`,
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  const headers = {
    'Content-Security-Policy': policy,
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Permissions-Policy': 'unload=()',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  };
  const icon = '<link rel="icon" href="data:,">';
  return project.site.page(html(`${watch}${loader}${definesExchange}`).replace(icon, ''), headers);
}

describe.each(Object.entries(loaders))('in a strict page, loaded by %s', (_, loader) => {
  test('holdfast violates no policy over either transport and during a reconnect', async () => {
    const page = await project.open(strictPage(loader));
    const { url } = project.server;
    expect(await page.evaluate((url) => window.exchange(url), url)).toEqual(expectedExchange('websocket'));
    expect(await page.evaluate((url) => window.exchange(url, { transports: ['polling'] }), url)).toEqual(
      expectedExchange('polling'),
    );

    const connected = nextEvent<[Socket]>(project.server.io, 'connection');
    await page.evaluate((url) => {
      window.socket = window.io(url, { reconnectionDelay: 1, reconnectionDelayMax: 1 });
    }, url);
    const [socket] = await connected;
    const back = nextEvent<[Socket]>(project.server.io, 'connection');
    socket.conn.close();
    await back;
    await page.evaluate(() => window.socket.disconnect());
    expect(await page.evaluate(() => [window.violations, window.blobs])).toEqual([[], 0]);
  });
});

test('the policy of these pages is enforced', async () => {
  const page = await project.open(strictPage(loaders.script));
  const refused = await page.evaluate(() => {
    try {
      document.body.innerHTML = '<p>text</p>';
    } catch {
      return true;
    }
    return false;
  });
  expect(refused).toBe(true);
  // The violation also appears in the console.
  expect(project.takeErrors()).toHaveLength(1);
});

describe.each(['websocket', 'polling'])('cross-origin over %s', (transport) => {
  test.each([true, false])('with withCredentials: %s', async (withCredentials) => {
    const page = await project.show(`${loaders.script}`);
    // The first connection receives the cookie; the second sends it.
    const cookies = [];
    for (let time = 1; time <= 2; time += 1) {
      const connected = nextEvent<[Socket]>(project.server.io, 'connection');
      const transports = time === 1 ? ['polling'] : [transport];
      await page.evaluate(
        async ({ url, withCredentials, transports }) => {
          window.socket = window.io(url, { withCredentials, transports, forceNew: true });
          await new Promise<void>((resolve) => {
            window.socket.once('connect', resolve);
          });
        },
        { url: project.server.url, withCredentials, transports },
      );
      const [socket] = await connected;
      cookies.push(socket.handshake.headers.cookie);
      await page.evaluate(() => window.socket.disconnect());
    }
    expect(cookies[0]).toBeUndefined();
    if (withCredentials) expect(cookies[1]).toMatch(/^station=\S+$/);
    else expect(cookies[1]).toBeUndefined();
  });
});
