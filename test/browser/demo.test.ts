import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Locator, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from '../support/browser.js';
import { Announcements, patienceMs, within } from '../support/waiting.js';

/** The demo as a visitor has it: its server as a process of its own, its page in Chromium. */

const script = fileURLToPath(new URL('../../demo/server.mjs', import.meta.url));

interface Demo {
  readonly pageUrl: string;
  /** What the server has printed up to now. */
  printed(): string;
  /** Waits until the server has printed it, looking only behind `from` characters. */
  prints(text: string | RegExp, from?: number): Promise<void>;
  /** The switches of the demo, as its page uses them. */
  control(action: string, body?: object): Promise<void>;
  stop(): Promise<void>;
}

function run(env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [script], {
    env: { ...process.env, HOLDFAST_DEMO_PORT: '0', HOLDFAST_SOCKET_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function startDemo(): Promise<Demo> {
  const child = run({});
  const announcements = new Announcements();
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text: Buffer) => {
      out += text;
      announcements.announce();
    });
  }
  const address = /Page\s+(http:\S+)/;
  await announcements.until('the address of the demo', () => address.test(out));
  const pageUrl = address.exec(out)?.[1] ?? '';

  return {
    pageUrl,
    printed: () => out,
    prints: (text, from = 0) =>
      announcements.until(`the server to print ${text}`, () => {
        const part = out.slice(from);
        return typeof text === 'string' ? part.includes(text) : text.test(part);
      }),
    control: async (action, body = {}) => {
      const response = await fetch(`${pageUrl}/api/${action}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(response.status, `answer to ${action}`).toBe(200);
    },
    stop: async () => {
      child.kill();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

/** For a start that must fail: what it said, and how it ended. */
async function failedStart(env: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const child = run(env);
  let said = '';
  child.stderr?.on('data', (text: Buffer) => {
    said += text;
  });
  const [code] = (await within(once(child, 'close'), 'the demo to give up')) as [number | null];
  return { code, said };
}

let demo: Demo;
let browser: Browser;
const contexts: BrowserContext[] = [];
const uncaught: string[] = [];

beforeAll(async () => {
  [demo, browser] = await Promise.all([startDemo(), launchChromium()]);
});

afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
  await demo.control('websocket', { mode: 'normal' });
  await demo.control('start');
  expect(uncaught.splice(0), 'uncaught errors in the page').toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

/** A page of somebody who was never here, before it loads. */
async function newPage(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(patienceMs);
  context.on('weberror', (error) => uncaught.push(String(error.error().stack ?? error.error())));
  contexts.push(context);
  return context.newPage();
}

async function visit(options?: Parameters<Browser['newContext']>[0]): Promise<Page> {
  const page = await newPage(options);
  await page.goto(demo.pageUrl);
  await connected(page);
  return page;
}

/** Both namespaces have their socket. */
async function connected(page: Page): Promise<void> {
  await page.locator('#status[data-status="connected"]').waitFor();
  for (const name of ['/', '/custom-namespace']) await inState(page, name, 'connected');
}

const namespaceRow = (page: Page, name: string): Locator => page.locator(`article[data-nsp="${name}"]`);

const inState = (page: Page, name: string, state: 'connected' | 'waiting' | 'left'): Promise<void> =>
  page.locator(`article[data-nsp="${name}"][data-state="${state}"]`).waitFor();

const idOf = (page: Page, name: string): Promise<string | null> =>
  namespaceRow(page, name).locator('.id').textContent();

const says = (list: Locator, text: string | RegExp): Promise<void> =>
  list.locator('p', { hasText: text }).first().waitFor();

const press = (page: Page, name: string): Promise<void> =>
  page.getByRole('button', { name, exact: true }).click();

const transport = (page: Page, name: 'websocket' | 'polling'): Promise<void> =>
  page.locator(`#transport[data-transport="${name}"]`).waitFor();

const talkIn = (page: Page, name: string): Promise<void> =>
  page.getByRole('radio', { name, exact: true }).check();

describe('the demo', () => {
  test('shows the transport, the session and the attempt that won', async () => {
    const page = await visit();
    await transport(page, 'websocket');
    await page.locator('#attempts li[data-outcome="won"]', { hasText: 'websocket' }).waitFor();
    expect(await page.locator('#session').textContent()).toMatch(/^[\w-]{20}$/);
  });

  test('sends a message and shows the answer in the page, the console and the log of the server', async () => {
    const page = await newPage();
    const heard = page.waitForEvent('console', (line) => line.text().includes('← message "I heard: Ahoy"'));
    await page.goto(demo.pageUrl);
    await connected(page);
    await page.fill('#send-text', 'Ahoy');
    await press(page, 'Send');
    await says(page.locator('#messages'), 'I heard: Ahoy');
    await heard;
    await demo.prints(/→ message "Ahoy"/);
    await says(page.locator('#log'), /server.*→ message "Ahoy"/s);
  });

  test('passes custom events with several arguments both ways', async () => {
    const page = await visit();
    await page.fill('#event-name', 'Ada');
    await page.fill('#event-amount', '4');
    await press(page, 'Emit');
    await says(page.locator('#messages'), /custom-event: "Thank you, Ada", 8, \{"youSent":\{"sentAt":/);
    await demo.prints(/→ custom-event "Ada", 4, \{"sentAt":/);
  });

  test('sends strings, objects, ArrayBuffers and Blobs, which come back as they went', async () => {
    const page = await visit();
    for (const [kind, got, back] of [
      ['String', 'string, 19 bytes', '"Grüße, κόσμε"'],
      ['Object', 'object, 39 bytes', '{"list":[1,2,3],"nested":{"deep":true}}'],
      ['ArrayBuffer', 'Buffer, 8 bytes', 'ArrayBuffer(8 bytes)'],
      ['Blob', 'Buffer, 14 bytes', 'ArrayBuffer(14 bytes)'],
    ] as const) {
      await press(page, kind);
      const row = page.locator(`#data-rows tr[data-kind="${kind}" i]`, { hasText: '✓ same' });
      await row.waitFor();
      expect(await row.locator('td').allTextContents()).toEqual([got, `${back} ✓ same`]);
      await demo.prints(new RegExp(`→ data "${kind} \\d"`, 'i'));
    }
  });

  test('sends a File, which comes back as it went', async () => {
    const page = await visit();
    const buffer = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256));
    await page.setInputFiles('#file', { name: 'sea.bin', mimeType: 'application/octet-stream', buffer });
    const row = page.locator('#data-rows tr', { hasText: '✓ same' });
    await row.waitFor();
    expect(await row.textContent()).toMatch(
      /File\(sea\.bin, 70\.0 kB\)\s*Buffer, 70\.0 kB\s*ArrayBuffer\(70\.0 kB\)/,
    );
  });

  test('says that a file is too large instead of losing the connection over it', async () => {
    const page = await visit();
    const buffer = Buffer.alloc(4_000_001);
    await page.setInputFiles('#file', { name: 'whale.bin', mimeType: 'application/octet-stream', buffer });
    await page.locator('#data-result', { hasText: 'whale.bin has 4.0 MB' }).waitFor();
    expect(await page.locator('#status').getAttribute('data-status')).toBe('connected');
  });

  test('carries both namespaces over one connection', async () => {
    const page = await newPage();
    let webSockets = 0;
    page.on('websocket', () => {
      webSockets += 1;
    });
    await page.goto(demo.pageUrl);
    await connected(page);
    await talkIn(page, '/custom-namespace');
    await press(page, 'Send');
    await says(page.locator('#messages'), /\/custom-namespace\s*I heard/);
    expect(await idOf(page, '/')).not.toBe(await idOf(page, '/custom-namespace'));
    expect(webSockets).toBe(1);
  });

  test('sends everyone in each namespace a timed message', async () => {
    const page = await visit();
    for (const name of ['/', '/custom-namespace']) {
      await namespaceRow(page, name).locator('.news', { hasText: 'Timed message' }).waitFor();
    }
    await demo.prints(/\/custom-namespace\s+timed message \d+ to everyone/);
    await page.getByLabel('Timed messages').check();
    await says(page.locator('#log'), /← tick/);
  });

  test('joins a room, hears what goes to it, and hears nothing more after leaving it', async () => {
    const [sender, member] = await Promise.all([visit(), visit()]);
    for (const page of [sender, member]) {
      await page.fill('#room-name', 'harbour');
      await press(page, 'Join');
      await page.locator('#rooms li', { hasText: 'harbour' }).waitFor();
    }
    const say = async (text: string, button: string): Promise<void> => {
      await sender.fill('#room-text', text);
      await press(sender, button);
    };
    await say('to all', 'To everyone in it');
    await says(sender.locator('#room-messages'), 'to all');
    await says(member.locator('#room-messages'), 'to all');

    await say('to the others', 'To the others in it');
    await says(member.locator('#room-messages'), 'to the others');

    await press(member, 'Leave harbour in /');
    await member.locator('#rooms li', { hasText: 'In no room yet' }).waitFor();
    await say('after leaving', 'To everyone in it');
    await says(sender.locator('#room-messages'), 'after leaving');
    // The answer to a later message comes behind everything else that was on its way.
    await press(member, 'Send');
    await says(member.locator('#messages'), 'I heard');

    expect(await sender.locator('#room-messages span').allInnerTexts()).toEqual(['to all', 'after leaving']);
    expect(await member.locator('#room-messages span').allInnerTexts()).toEqual(['to all', 'to the others']);
    await demo.prints('joined room "harbour"');
    await demo.prints('left room "harbour"');
  });

  test('broadcasts to everyone in the namespace but the sender', async () => {
    const [sender, other] = await Promise.all([visit(), visit()]);
    for (const page of [sender, other]) await talkIn(page, '/custom-namespace');
    await sender.fill('#broadcast-text', 'Land ho');
    await press(sender, 'Broadcast');
    await says(other.locator('#broadcasts'), /\/custom-namespace.*Land ho/s);
    await press(sender, 'Send');
    await says(sender.locator('#messages'), 'I heard');
    expect(await sender.locator('#broadcasts p').count()).toBe(0);
  });

  test('is told by the middleware why it is rejected, and let in with the password', async () => {
    const page = await visit();
    await page.fill('#password', 'please');
    await press(page, 'Come in');
    const result = page.locator('#members-result');
    await result.filter({ hasText: 'You are not on the list' }).waitFor();
    expect(await result.textContent()).toContain('"code":"WRONG_PASSWORD"');
    await demo.prints('rejected: wrong password');

    await page.fill('#password', 'open sesame');
    await press(page, 'Come in');
    await result.filter({ hasText: 'You are in. The tea is in the second cupboard.' }).waitFor();
    await inState(page, '/members', 'connected');
    await inState(page, '/', 'connected');
  });

  test('is refused when it comes from another origin', async () => {
    const page = await visit();
    await press(page, 'Try as the stranger');
    await page.frameLocator('#stranger-frame iframe').getByText('Refused').waitFor();
    await says(page.locator('#log'), /refused a page from http:\/\/127\.0\.0\.1/);
    await demo.prints('refused a page from http://127.0.0.1');
  });

  test('says where to go when the whole page is from another origin', async () => {
    const page = await newPage();
    await page.goto(demo.pageUrl.replace('localhost', '127.0.0.1'));
    await page.getByRole('alert').getByText('The server refused this page').waitFor();
    await page.getByRole('link', { name: 'Open the page that is allowed' }).click();
    await connected(page);
  });

  test('disconnects by hand from either side, one namespace at a time, and connects again', async () => {
    const page = await visit();
    const row = namespaceRow(page, '/custom-namespace');
    const first = await idOf(page, '/custom-namespace');

    await row.getByRole('button', { name: 'Disconnect', exact: true }).click();
    await row.getByText('io client disconnect').waitFor();
    await demo.prints(`${first?.slice(0, 6)} disconnected: client namespace disconnect`);
    await row.getByRole('button', { name: 'Connect', exact: true }).click();
    await inState(page, '/custom-namespace', 'connected');
    expect(await idOf(page, '/custom-namespace')).not.toBe(first);

    await row.getByRole('button', { name: 'Let the server disconnect me' }).click();
    await row.getByText('io server disconnect').waitFor();
    await row.getByRole('button', { name: 'Connect', exact: true }).click();
    await inState(page, '/custom-namespace', 'connected');
    await inState(page, '/', 'connected');
  });

  test('closes its connection when the last namespace is left, and opens it for the next', async () => {
    const page = await visit();
    for (const name of ['/', '/custom-namespace']) {
      await namespaceRow(page, name).getByRole('button', { name: 'Disconnect', exact: true }).click();
    }
    await page.locator('#status:is([data-status="closed"], [data-status="idle"])').waitFor();
    await namespaceRow(page, '/').getByRole('button', { name: 'Connect', exact: true }).click();
    await page.locator('#status[data-status="connected"]').waitFor();
  });
});

describe('the demo breaks its connection and shows how it holds', () => {
  test('falls back to long-polling while WebSocket is blocked', async () => {
    const page = await visit();
    await page.getByRole('radio', { name: 'blocked' }).check();
    await transport(page, 'polling');
    await connected(page);
    await page.locator('#attempts li[data-outcome="failed"]', { hasText: 'websocket' }).first().waitFor();
    await demo.prints('WebSocket refused with 403');
    await press(page, 'Send');
    await says(page.locator('#messages'), 'I heard');
  });

  test('falls back to long-polling while WebSocket is left hanging', async () => {
    const page = await visit();
    await page.getByRole('radio', { name: 'left hanging' }).check();
    await transport(page, 'polling');
    await connected(page);
    await demo.prints('WebSocket swallowed');
    await press(page, 'Send');
    await says(page.locator('#messages'), 'I heard');
  });

  test('is connected within 3 seconds on a first visit to a network that swallows WebSocket', async () => {
    await demo.control('websocket', { mode: 'hanging' });
    const page = await newPage();
    await page.goto(demo.pageUrl);
    await page.locator('#status').waitFor();
    await page.locator('#status[data-status="connected"]').waitFor({ timeout: 3_000 });
    await transport(page, 'polling');
  });

  test('moves on to WebSocket in the same session when the hanging WebSocket is let through', async () => {
    const from = demo.printed().length;
    await demo.control('websocket', { mode: 'hanging' });
    const page = await visit();
    await transport(page, 'polling');
    const ids = [await idOf(page, '/'), await page.locator('#session').textContent()];
    await demo.prints(/(WebSocket swallowed.*){2}/s, from);
    await page.getByRole('radio', { name: 'let through' }).check();
    await transport(page, 'websocket');
    await page.locator('#upgrade', { hasText: 'long-polling → WebSocket' }).waitFor();
    expect([await idOf(page, '/'), await page.locator('#session').textContent()]).toEqual(ids);
    await says(page.locator('#log'), 'moved to websocket');
  });

  test('comes back after the connection was cut, into the rooms it was in', async () => {
    const page = await visit();
    await press(page, 'Join');
    await page.locator('#rooms li', { hasText: 'tea' }).waitFor();
    const before = await idOf(page, '/');
    const from = demo.printed().length;
    await press(page, 'Cut the connection');
    await demo.prints(/TCP connections cut/, from);
    await demo.prints(/joined room "tea"/, from);
    await connected(page);
    expect(await idOf(page, '/')).not.toBe(before);
  });

  test('retries while the server is stopped, and delivers what was sent meanwhile once it is started', async () => {
    const page = await visit();
    await press(page, 'Stop the server');
    await page.locator('#status[data-status="reconnecting"]').waitFor();
    await page.locator('#attempts .round', { hasText: 'Retry 2' }).waitFor();
    await page.fill('#send-text', 'Sent while away');
    await press(page, 'Send');
    await page.locator('#messages .waiting', { hasText: 'Sent while away' }).waitFor();

    await press(page, 'Start the server');
    await says(page.locator('#messages'), 'I heard: Sent while away');
    expect(await page.locator('#messages .waiting').count()).toBe(0);
    await demo.prints('stopped: nothing listens');
  });

  test('shows in every tab what one tab has broken', async () => {
    const [one, other] = await Promise.all([visit(), visit()]);
    await press(one, 'Stop the server');
    await other.getByText('The server is stopped.').waitFor();
    await press(other, 'Back to normal');
    await Promise.all([connected(one), connected(other)]);
  });

  test('lets no page but its own break the server', async () => {
    const response = await fetch(`${demo.pageUrl}/api/stop`, {
      method: 'POST',
      headers: { Origin: 'http://elsewhere.example' },
    });
    expect(response.status).toBe(403);
  });
});

describe('the page of the demo', () => {
  test('fits its window without scrolling sideways, wide and narrow, light and dark', async () => {
    const page = await visit();
    for (const width of [1280, 768, 390, 320]) {
      await page.setViewportSize({ width, height: 844 });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(tooWide, `${width} px, ${colorScheme}`).toBeLessThanOrEqual(0);
      }
    }
  });

  test('loads nothing from elsewhere', async () => {
    const page = await newPage();
    const hosts = new Set<string>();
    page.on('request', (request) => hosts.add(new URL(request.url()).hostname));
    await page.goto(demo.pageUrl);
    await connected(page);
    expect([...hosts]).toEqual(['localhost']);
  });
});

describe('npm start', () => {
  test.each([
    ['HOLDFAST_DEMO_PORT', 'the page'],
    ['HOLDFAST_SOCKET_PORT', 'the Socket.IO server'],
  ])('says that the port of %s is taken, and what to do', async (variable, what) => {
    const other = createServer().listen(0);
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      const { code, said } = await failedStart({ [variable]: String(port) });
      expect(code).toBe(1);
      expect(said).toContain(`port ${port}, for ${what}, is taken by another program`);
      expect(said).toContain(variable);
    } finally {
      other.close();
    }
  });

  test('says what a port may be when it is given something else', async () => {
    const { code, said } = await failedStart({ HOLDFAST_DEMO_PORT: 'eighty' });
    expect(code).toBe(1);
    expect(said).toContain('HOLDFAST_DEMO_PORT must be a whole number from 0 to 65535, but it is "eighty"');
  });
});
