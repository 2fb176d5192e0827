import type { Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { faults as labFaults } from '../faults/catalogue.js';
import {
  connected,
  idOf,
  logs,
  press,
  says,
  strike,
  transport,
  useDemo,
  visitFirstPage,
} from '../support/demo.js';

/** The first page with a network that is broken, and the two clients side by side. */

const scene = useDemo();
const { newPage } = scene;
const visit = (): Promise<Page> => visitFirstPage(scene);

const lane = (page: Page, name: 'holdfast' | 'socket.io-client', state: string): Promise<void> =>
  page.locator(`[data-lane="${name}"]${state}`).waitFor();

/** Both clients get answers. */
async function bothLive(page: Page): Promise<void> {
  for (const name of ['holdfast', 'socket.io-client'] as const)
    await lane(page, name, '[data-state="websocket"]');
}

/** They need a middlebox, which the demo does not start; that one restarts behind it, it has. */
const onlyInTheLab = ['nginx with upgrade headers', 'haproxy, tunnels cut when idle for 600 ms'];

describe('the buttons of the demo', () => {
  test('strike every fault that the fault lab knows', async () => {
    const { faults } = await (await fetch(`${scene.demo.pageUrl}/api/config`)).json();
    const struck = faults.flatMap(({ lab = [] }: { lab?: string[] }) => lab);
    const wanted = labFaults.map(({ name }) => name).filter((name) => !onlyInTheLab.includes(name));
    expect([...struck].sort()).toEqual([...wanted].sort());

    const page = await visit();
    const ids = faults.map(({ id }: { id: string }) => id);
    const buttons = await page
      .locator('[data-fault]')
      .evaluateAll((all) => all.map((one) => one.dataset.fault));
    expect([...buttons].sort()).toEqual([...ids].sort());
  });

  test('refuse WebSocket, and the page goes on over long-polling', async () => {
    const page = await visit();
    await strike(page, 'ws-403');
    await transport(page, 'polling');
    await connected(page);
    await page.locator('#attempts li[data-outcome="won"]', { hasText: 'polling' }).first().waitFor();
    await scene.demo.prints('Refused (403)');
    await press(page, 'Send');
    await says(page.locator('#messages'), 'I heard');
  });

  test('leave WebSocket hanging, and the page goes on over long-polling', async () => {
    const page = await visit();
    await strike(page, 'ws-hang');
    await transport(page, 'polling');
    await connected(page);
    await press(page, 'Send');
    await says(page.locator('#messages'), 'I heard');
  });

  test('let nobody wait for more than 3 seconds on a first visit to a network that swallows WebSocket', async () => {
    await scene.demo.control('faults/ws-hang');
    const page = await newPage();
    await page.goto(scene.demo.pageUrl);
    await page.locator('#status').waitFor();
    await page.locator('#status[data-status="connected"]').waitFor({ timeout: 3_000 });
    await transport(page, 'polling');
  });

  test('let the page move on to WebSocket in the same session when they are released', async () => {
    await scene.demo.control('faults/ws-slow');
    const page = await newPage();
    await page.goto(scene.demo.pageUrl);
    await transport(page, 'polling');
    const session = await page.locator('#session').textContent();
    await transport(page, 'websocket');
    await page.locator('#upgrade', { hasText: 'long-polling → WebSocket' }).waitFor();
    expect(await page.locator('#session').textContent()).toBe(session);
    await logs(page, 'moved to websocket');
  });

  test('cut the connection, and the session is restored with the rooms it was in', async () => {
    const page = await visit();
    await press(page, 'Join');
    await page.locator('#rooms li', { hasText: 'tea' }).waitFor();
    // A session can be restored once the server has sent it something.
    await press(page, 'Send');
    await says(page.locator('#messages'), 'I heard');
    const before = await idOf(page, '/');
    await strike(page, 'cut');
    await logs(page, 'nothing missed');
    await connected(page);
    expect(await idOf(page, '/')).toBe(before);
    await press(page, 'To everyone in it');
    await says(page.locator('#room-messages'), 'The kettle is on');
  });

  test('restart the server, and the page is back with another session, in the rooms it was in', async () => {
    const page = await visit();
    await press(page, 'Join');
    await page.locator('#rooms li', { hasText: 'tea' }).waitFor();
    const before = await idOf(page, '/');
    const from = scene.demo.printed().length;
    await strike(page, 'restart');
    await scene.demo.prints(/joined room "tea"/, from);
    await connected(page);
    expect(await idOf(page, '/')).not.toBe(before);
  });

  test('stop the server; what was sent meanwhile is delivered once it is started', async () => {
    const page = await visit();
    await strike(page, 'stop');
    await page.locator('#status[data-status="reconnecting"]').waitFor();
    await page.locator('#attempts .round', { hasText: 'Retry 2' }).waitFor();
    await page.fill('#send-text', 'Sent while away');
    await press(page, 'Send');
    await page.locator('#messages .waiting', { hasText: 'Sent while away' }).waitFor();

    await press(page, 'Back to normal');
    await says(page.locator('#messages'), 'I heard: Sent while away');
    expect(await page.locator('#messages .waiting').count()).toBe(0);
    await scene.demo.prints('stopped: nothing listens');
  });

  test('show in every tab what one tab has broken', async () => {
    const [one, other] = await Promise.all([visit(), visit()]);
    await strike(one, 'stop');
    await other.locator('[data-fault="stop"][aria-pressed="true"]').waitFor();
    await other.getByText('Stop', { exact: true }).and(other.locator('#broken')).waitFor();
    await press(other, 'Back to normal');
    await one.locator('[data-fault="stop"][aria-pressed="false"]').waitFor();
    await Promise.all([connected(one), connected(other)]);
  });

  test('obey no page but the demo’s own', async () => {
    const response = await fetch(`${scene.demo.pageUrl}/api/faults/stop`, {
      method: 'POST',
      headers: { Origin: 'http://elsewhere.example' },
    });
    expect(response.status).toBe(403);
  });
});

describe('the two lanes', () => {
  test('count what is sent and answered', async () => {
    const page = await visit();
    await bothLive(page);
    for (const name of ['holdfast', 'socket.io-client']) {
      await page.locator(`[data-lane="${name}"] [data-count="acked"] dd:not(:text-is("0"))`).waitFor();
    }
  });

  test('show that holdfast is back from a ghost while the official client believes that it is connected', async () => {
    const page = await visit();
    await bothLive(page);
    await strike(page, 'ghost');
    await lane(page, 'holdfast', '[data-outcome="back"]');
    await says(page.locator('[data-lane="holdfast"]'), /Back after \d\.\d s/);
    // It needs a missed heartbeat: 10 s at least.
    await lane(page, 'socket.io-client', '[data-state="mute"]');
    await says(page.locator('[data-lane="socket.io-client"]'), /Away for/);
  });

  test('show that a false “offline” costs the official client its connection, and holdfast nothing', async () => {
    const page = await visit();
    await bothLive(page);
    await strike(page, 'offline-signal');
    await says(page.locator('[data-lane="socket.io-client"]'), /Away for|Back after/);
    await says(page.locator('[data-lane="holdfast"]'), 'Not interrupted');
  });

  test('count the time after a sleep of the page from its end', async () => {
    const page = await visit();
    await bothLive(page);
    await strike(page, 'sleep');
    await says(page.locator('[data-lane="holdfast"]'), /Back after/);
    await says(page.locator('[data-lane="holdfast"]'), 'counted from the end of: Sleep');
  });
});
