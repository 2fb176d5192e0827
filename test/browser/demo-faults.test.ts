import type { Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { faults as testedFaults } from '../faults/catalogue.js';
import {
  connected,
  idOf,
  logs,
  press,
  probed,
  says,
  strike,
  transport,
  unfold,
  useDemo,
  visitFirstPage,
} from '../support/demo.js';

/** The demo page under faults, and the two clients side by side. */

const fixture = useDemo();
const { newPage } = fixture;
const visit = (): Promise<Page> => visitFirstPage(fixture);

const lane = (page: Page, name: 'holdfast' | 'socket.io-client', state: string): Promise<void> =>
  page.locator(`[data-lane="${name}"]${state}`).waitFor();

/** Waits until both clients get answers. */
async function bothLive(page: Page): Promise<void> {
  for (const name of ['holdfast', 'socket.io-client'] as const)
    await lane(page, name, '[data-state="websocket"]');
}

/** These faults need a middlebox, which the demo does not start. */
const onlyInTests = [
  'nginx with upgrade headers',
  'haproxy, tunnels cut when idle for 600 ms',
  // The demo's server speaks no HTTP/3.
  ...testedFaults.map(({ name }) => name).filter((name) => name.startsWith('WebTransport first')),
];

describe('the buttons of the demo', () => {
  test('cover every fault of the fault tests', async () => {
    const { faults } = await (await fetch(`${fixture.demo.pageUrl}/api/config`)).json();
    const covered = faults.flatMap(({ tests = [] }: { tests?: string[] }) => tests);
    const expected = testedFaults.map(({ name }) => name).filter((name) => !onlyInTests.includes(name));
    expect([...covered].sort()).toEqual([...expected].sort());

    const page = await visit();
    const ids = faults.map(({ id }: { id: string }) => id);
    const buttons = await page
      .locator('[data-fault]')
      .evaluateAll((all) => all.map((one) => one.dataset.fault));
    expect([...buttons].sort()).toEqual([...ids].sort());
  });

  test('refuse WebSocket, and the page continues over long-polling', async () => {
    const page = await visit();
    await strike(page, 'ws-403');
    await transport(page, 'polling');
    await connected(page);
    await page.locator('#attempts li[data-outcome="won"]', { hasText: 'polling' }).first().waitFor();
    await fixture.demo.prints('WebSocket refused (403)');
    await press(page, 'Send');
    await says(page.locator('#messages'), 'I heard');
  });

  test('leave WebSocket hanging, and the page continues over long-polling', async () => {
    const page = await visit();
    await strike(page, 'ws-hang');
    await transport(page, 'polling');
    await connected(page);
    await press(page, 'Send');
    await says(page.locator('#messages'), 'I heard');
  });

  test('delay a first visit by at most 3 seconds when the network swallows WebSocket', async () => {
    await fixture.demo.control('faults/ws-hang');
    const page = await newPage();
    await page.goto(fixture.demo.pageUrl);
    await page.locator('#pill').waitFor();
    await page.locator('#pill[data-status="connected"]').waitFor({ timeout: 3_000 });
    await transport(page, 'polling');
  });

  test('let the page upgrade to WebSocket in the same session when they are released', async () => {
    await fixture.demo.control('faults/ws-slow');
    const page = await newPage();
    await page.goto(fixture.demo.pageUrl);
    await transport(page, 'polling');
    const session = await page.locator('#session').textContent();
    await transport(page, 'websocket');
    await unfold(page);
    await page.locator('#upgrade', { hasText: 'long-polling → WebSocket' }).waitFor();
    expect(await page.locator('#session').textContent()).toBe(session);
    await logs(page, 'upgraded to websocket');
  });

  test('cut the connection, and the session is recovered with its rooms', async () => {
    const page = await visit();
    await press(page, 'Join');
    await page.locator('#rooms li', { hasText: 'tea' }).waitFor();
    // A session can be recovered once the server has sent it an event.
    await press(page, 'Send');
    await says(page.locator('#messages'), 'I heard');
    const before = await idOf(page, '/');
    await strike(page, 'cut');
    await logs(page, 'nothing missed');
    await connected(page);
    expect(await idOf(page, '/')).toBe(before);
    await press(page, 'To everyone in the room');
    await says(page.locator('#room-messages'), 'The kettle is on');
  });

  test('restart the server, and the page returns with a new session in the same rooms', async () => {
    const page = await visit();
    await press(page, 'Join');
    await page.locator('#rooms li', { hasText: 'tea' }).waitFor();
    const before = await idOf(page, '/');
    const from = fixture.demo.printed().length;
    await strike(page, 'restart');
    await fixture.demo.prints(/joined room "tea"/, from);
    await connected(page);
    expect(await idOf(page, '/')).not.toBe(before);
  });

  test('stop the server, and messages sent meanwhile are delivered after it starts', async () => {
    const page = await visit();
    await strike(page, 'stop');
    await page.locator('#status[data-status="reconnecting"]').waitFor();
    await page.locator('#attempts .round', { hasText: 'Retry 2' }).waitFor();
    await page.fill('#send-text', 'Sent while disconnected');
    await press(page, 'Send');
    await page.locator('#messages .waiting', { hasText: 'Sent while disconnected' }).waitFor();

    await press(page, 'Back to normal');
    await says(page.locator('#messages'), 'I heard: Sent while disconnected');
    expect(await page.locator('#messages .waiting').count()).toBe(0);
    await fixture.demo.prints('stopped: nothing listens');
  });

  test('show a fault in every tab', async () => {
    const [one, other] = await Promise.all([visit(), visit()]);
    await strike(one, 'stop');
    await other.locator('[data-fault="stop"][aria-pressed="true"]').waitFor();
    await other.getByText('Stop', { exact: true }).and(other.locator('#broken')).waitFor();
    await press(other, 'Back to normal');
    await one.locator('[data-fault="stop"][aria-pressed="false"]').waitFor();
    await Promise.all([connected(one), connected(other)]);
  });

  test('work only from the demo’s own pages', async () => {
    const response = await fetch(`${fixture.demo.pageUrl}/api/faults/stop`, {
      method: 'POST',
      headers: { Origin: 'http://elsewhere.example' },
    });
    expect(response.status).toBe(403);
  });
});

describe('the two lanes', () => {
  test('count sent and acknowledged messages', async () => {
    const page = await visit();
    await bothLive(page);
    for (const name of ['holdfast', 'socket.io-client']) {
      await page.locator(`[data-lane="${name}"] [data-count="acked"] dd:not(:text-is("0"))`).waitFor();
    }
  });

  test('show that holdfast recovers from a dead connection while the official client still reports connected', async () => {
    const page = await visit();
    await bothLive(page);
    await probed(page);
    await strike(page, 'dead');
    await lane(page, 'holdfast', '[data-outcome="recovered"]');
    await says(page.locator('[data-lane="holdfast"]'), /Back after \d\.\d s/);
    // The official client needs a missed heartbeat: at least 10 s.
    await lane(page, 'socket.io-client', '[data-state="unresponsive"]');
    await says(page.locator('[data-lane="socket.io-client"]'), /Down for/);
  });

  test('show that a false “offline” disconnects the official client, and does not interrupt holdfast', async () => {
    const page = await visit();
    await bothLive(page);
    await strike(page, 'offline-signal');
    await says(page.locator('[data-lane="socket.io-client"]'), /Down for|Back after/);
    await says(page.locator('[data-lane="holdfast"]'), 'Not interrupted');
  });

  test('measure the recovery after a sleep of the page from its end', async () => {
    const page = await visit();
    await bothLive(page);
    await probed(page);
    await strike(page, 'sleep');
    await says(page.locator('[data-lane="holdfast"]'), /Back after/);
    await says(page.locator('[data-lane="holdfast"]'), 'counted from the end of: Sleep');
  });
});
