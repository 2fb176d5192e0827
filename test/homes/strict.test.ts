import type { Socket } from 'socket.io';
import { describe, expect, test } from 'vitest';
import { nextEvent } from '../support/waiting.js';
import { html, talkOver, useHome } from './support/fixture.js';

/** Pages whose policy allows next to nothing, and a server that lets in only one origin, with its cookie. */

const home = useHome({
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
/** Before anything else: what the browser held against the page, and whether anybody made a blob's address. */
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
const talking = `<script nonce="${nonce}" type="module">
  import { talk } from '/programs/conversation.js'; window.talk = (url, options) => talk(io, url, options);
</script>`;

function strictPage(loader: string): string {
  const { url } = home.server;
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
  return home.site.page(html(`${watch}${loader}${talking}`).replace(icon, ''), headers);
}

describe.each(Object.entries(loaders))('in a strict page, loaded by %s', (_, loader) => {
  test('holdfast violates nothing, over whatever it talks and when it comes back', async () => {
    const page = await home.open(strictPage(loader));
    const { url } = home.server;
    expect(await page.evaluate((url) => window.talk(url), url)).toEqual(talkOver('websocket'));
    expect(await page.evaluate((url) => window.talk(url, { transports: ['polling'] }), url)).toEqual(
      talkOver('polling'),
    );

    const connected = nextEvent<[Socket]>(home.server.io, 'connection');
    await page.evaluate((url) => {
      window.socket = window.io(url, { reconnectionDelay: 1, reconnectionDelayMax: 1 });
    }, url);
    const [socket] = await connected;
    const back = nextEvent<[Socket]>(home.server.io, 'connection');
    socket.conn.close();
    await back;
    await page.evaluate(() => window.socket.disconnect());
    expect(await page.evaluate(() => [window.violations, window.blobs])).toEqual([[], 0]);
  });
});

test('the policy of these pages is in force', async () => {
  const page = await home.open(strictPage(loaders.script));
  const refused = await page.evaluate(() => {
    try {
      document.body.innerHTML = '<p>text</p>';
    } catch {
      return true;
    }
    return false;
  });
  expect(refused).toBe(true);
  // It is in the console, too, and would be held against the page.
  expect(home.forgiveComplaints()).toHaveLength(1);
});

describe.each(['websocket', 'polling'])('cross-origin over %s', (transport) => {
  test.each([true, false])('with withCredentials: %s', async (withCredentials) => {
    const page = await home.show(`${loaders.script}`);
    // What a polling handshake left in the browser is what the next connection brings along.
    const cookies = [];
    for (let time = 1; time <= 2; time += 1) {
      const connected = nextEvent<[Socket]>(home.server.io, 'connection');
      const transports = time === 1 ? ['polling'] : [transport];
      await page.evaluate(
        async ({ url, withCredentials, transports }) => {
          window.socket = window.io(url, { withCredentials, transports, forceNew: true });
          await new Promise<void>((resolve) => {
            window.socket.once('connect', resolve);
          });
        },
        { url: home.server.url, withCredentials, transports },
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
