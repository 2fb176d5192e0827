import type { Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import {
  connected,
  idOf,
  inState,
  logs,
  namespaceRow,
  press,
  says,
  transport,
  useDemo,
  visitFirstPage,
} from '../support/demo.js';

/** The demo page with a working server. */

const fixture = useDemo();
const { newPage } = fixture;
const visit = (): Promise<Page> => visitFirstPage(fixture);

const selectNamespace = (page: Page, name: string): Promise<void> =>
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
    const received = page.waitForEvent('console', (line) =>
      line.text().includes('← message "I heard: Ahoy"'),
    );
    await page.goto(fixture.demo.pageUrl);
    await connected(page);
    await page.fill('#send-text', 'Ahoy');
    await press(page, 'Send');
    await says(page.locator('#messages'), 'I heard: Ahoy');
    await received;
    await fixture.demo.prints(/→ message "Ahoy"/);
    await logs(page, /server.*→ message "Ahoy"/s);
  });

  test('passes custom events with several arguments both ways', async () => {
    const page = await visit();
    await page.fill('#event-name', 'Ada');
    await page.fill('#event-amount', '4');
    await press(page, 'Emit');
    await says(page.locator('#messages'), /custom-event: "Thank you, Ada", 8, \{"youSent":\{"sentAt":/);
    await fixture.demo.prints(/→ custom-event "Ada", 4, \{"sentAt":/);
  });

  test('sends strings, objects, ArrayBuffers and Blobs, which come back unchanged', async () => {
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
      await fixture.demo.prints(new RegExp(`→ data "${kind} \\d"`, 'i'));
    }
  });

  test('sends a File, which comes back unchanged', async () => {
    const page = await visit();
    const buffer = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256));
    await page.setInputFiles('#file', { name: 'sea.bin', mimeType: 'application/octet-stream', buffer });
    const row = page.locator('#data-rows tr', { hasText: '✓ same' });
    await row.waitFor();
    expect(await row.textContent()).toMatch(
      /File\(sea\.bin, 70\.0 kB\)\s*Buffer, 70\.0 kB\s*ArrayBuffer\(70\.0 kB\)/,
    );
  });

  test('refuses a file that is too large instead of losing the connection', async () => {
    const page = await visit();
    const buffer = Buffer.alloc(4_000_001);
    await page.setInputFiles('#file', { name: 'whale.bin', mimeType: 'application/octet-stream', buffer });
    await page.locator('#data-result', { hasText: 'whale.bin has 4.0 MB' }).waitFor();
    expect(await page.locator('#status').getAttribute('data-status')).toBe('connected');
  });

  test('carries both namespaces over one connection', async () => {
    const page = await newPage();
    let webSockets = 0;
    page.on('websocket', (webSocket) => {
      // The two compared clients have their own connections.
      if (!webSocket.url().includes('lane=')) webSockets += 1;
    });
    await page.goto(fixture.demo.pageUrl);
    await connected(page);
    await selectNamespace(page, '/custom-namespace');
    await press(page, 'Send');
    await says(page.locator('#messages'), /\/custom-namespace\s*I heard/);
    expect(await idOf(page, '/')).not.toBe(await idOf(page, '/custom-namespace'));
    expect(webSockets).toBe(1);
  });

  test('receives a timed message in each namespace', async () => {
    const page = await visit();
    for (const name of ['/', '/custom-namespace']) {
      await namespaceRow(page, name).locator('.news', { hasText: 'Timed message' }).waitFor();
    }
    await fixture.demo.prints(/\/custom-namespace\s+timed message \d+ to everyone/);
    await page.getByRole('radio', { name: 'Log' }).check();
    await page.getByLabel('Timed messages').check();
    await says(page.locator('#log'), /← tick/);
  });

  test('joins a room, receives its messages, and receives no more after leaving it', async () => {
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
    await say('to all', 'To everyone in the room');
    await says(sender.locator('#room-messages'), 'to all');
    await says(member.locator('#room-messages'), 'to all');

    await say('to the others', 'To the others in the room');
    await says(member.locator('#room-messages'), 'to the others');

    await press(member, 'Leave harbour in /');
    await member.locator('#rooms li', { hasText: 'Not in any room yet' }).waitFor();
    await say('after leaving', 'To everyone in the room');
    await says(sender.locator('#room-messages'), 'after leaving');
    // The answer to a later message arrives after all earlier messages.
    await press(member, 'Send');
    await says(member.locator('#messages'), 'I heard');

    expect(await sender.locator('#room-messages span').allInnerTexts()).toEqual(['to all', 'after leaving']);
    expect(await member.locator('#room-messages span').allInnerTexts()).toEqual(['to all', 'to the others']);
    await fixture.demo.prints('joined room "harbour"');
    await fixture.demo.prints('left room "harbour"');
  });

  test('broadcasts to everyone in the namespace except the sender', async () => {
    const [sender, other] = await Promise.all([visit(), visit()]);
    for (const page of [sender, other]) await selectNamespace(page, '/custom-namespace');
    await sender.fill('#broadcast-text', 'Land ho');
    await press(sender, 'Broadcast');
    await says(other.locator('#broadcasts'), /\/custom-namespace.*Land ho/s);
    await press(sender, 'Send');
    await says(sender.locator('#messages'), 'I heard');
    expect(await sender.locator('#broadcasts p').count()).toBe(0);
  });

  test('shows why the middleware rejects it, and connects with the password', async () => {
    const page = await visit();
    await page.fill('#password', 'please');
    await press(page, 'Enter');
    const result = page.locator('#members-result');
    await result.filter({ hasText: 'You are not on the list' }).waitFor();
    expect(await result.textContent()).toContain('"code":"WRONG_PASSWORD"');
    await fixture.demo.prints('rejected: wrong password');

    await page.fill('#password', 'open sesame');
    await press(page, 'Enter');
    await result.filter({ hasText: 'You are in. The tea is in the second cupboard.' }).waitFor();
    await inState(page, '/members', 'connected');
    await inState(page, '/', 'connected');
  });

  test('is refused when it comes from another origin', async () => {
    const page = await visit();
    await press(page, 'Try from the other origin');
    await page.frameLocator('#other-origin-frame iframe').getByText('Refused').waitFor();
    await logs(page, /refused a page from http:\/\/127\.0\.0\.1/);
    await fixture.demo.prints('refused a page from http://127.0.0.1');
  });

  test('links to the allowed page when opened from another origin', async () => {
    const page = await newPage();
    await page.goto(fixture.demo.pageUrl.replace('localhost', '127.0.0.1'));
    await page.getByRole('alert').getByText('The server refused this page').waitFor();
    await page.getByRole('link', { name: 'Open the allowed page' }).click();
    await connected(page);
  });

  test('disconnects a single namespace from either side, and connects again', async () => {
    const page = await visit();
    const row = namespaceRow(page, '/custom-namespace');
    const first = await idOf(page, '/custom-namespace');

    await row.getByRole('button', { name: 'Disconnect', exact: true }).click();
    await row.getByText('io client disconnect').waitFor();
    await fixture.demo.prints(`${first?.slice(0, 6)} disconnected: client namespace disconnect`);
    await row.getByRole('button', { name: 'Connect', exact: true }).click();
    await inState(page, '/custom-namespace', 'connected');
    expect(await idOf(page, '/custom-namespace')).not.toBe(first);

    await row.getByRole('button', { name: 'Let the server disconnect me' }).click();
    await row.getByText('io server disconnect').waitFor();
    await row.getByRole('button', { name: 'Connect', exact: true }).click();
    await inState(page, '/custom-namespace', 'connected');
    await inState(page, '/', 'connected');
  });

  test('closes its connection when the last namespace disconnects, and opens it for the next', async () => {
    const page = await visit();
    for (const name of ['/', '/custom-namespace']) {
      await namespaceRow(page, name).getByRole('button', { name: 'Disconnect', exact: true }).click();
    }
    await page.locator('#status:is([data-status="closed"], [data-status="idle"])').waitFor();
    await namespaceRow(page, '/').getByRole('button', { name: 'Connect', exact: true }).click();
    await page.locator('#status[data-status="connected"]').waitFor();
  });
});
