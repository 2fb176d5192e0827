import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Locator, Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import type * as Tools from '../../src/plugins/inspector/index.js';
import { connectIn, modules, scripts, useInspectedPages } from '../support/inspected.js';

/** The inspector in practice: all kinds of connections, narrow windows, outages, saved logs, and the doctor. */

const pages = useInspectedPages();

const panel = (page: Page): Locator => page.locator('holdfast-inspector');
const tab = (page: Page, name: string): Promise<void> => panel(page).getByRole('tab', { name }).click();
const seen = (locator: Locator): Promise<void> => locator.first().waitFor();
const connectedPanel = (page: Page): Promise<void> =>
  seen(panel(page).locator('.state').getByText('Connected'));

const library = (path: string): string =>
  fileURLToPath(new URL(`../../dist/browser/production/${path}.js`, import.meta.url));

/** A script with its own copy of the library. */
async function bundled(program: string, format: 'iife' | 'esm' = 'iife'): Promise<string> {
  const contents = program.replace(/holdfast:([\w/-]+)/g, (_, path: string) => library(path));
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    write: false,
    format,
    minify: true,
  });
  return `<script type="module">${outputFiles[0]?.text.replaceAll('</script', '<\\/script')}</script>`;
}

const inspectLater = `<script type="module">
  await window.connected;
  const { inspect } = await import('/browser/production/plugins/inspector/index.js');
  window.inspector = inspect();
</script>`;
const inspectorTag = `<script type="module">
  await window.connected;
  const tag = document.createElement('script');
  tag.src = '/holdfast.inspector.min.js';
  tag.dataset.inspect = '';
  document.body.append(tag);
</script>`;

describe('connections made before the inspector was loaded are seen', () => {
  const connect = (from: string): string =>
    `import { io } from '${from}'; window.connected = io('${pages.server.url}').ready();`;

  test.each([
    [
      'of a module, by a module that is imported lazily',
      () => `<script type="module">${connect('/browser/production/index.js')}</script>${inspectLater}`,
    ],
    [
      'of a module, by a script tag',
      () => `<script type="module">${connect('/browser/production/index.js')}</script>${inspectorTag}`,
    ],
    [
      'of the development build, by the production build',
      () => `<script type="module">${connect('/browser/development/index.js')}</script>${inspectLater}`,
    ],
    [
      'of holdfast.esm.min.js, by a script tag',
      () => `<script type="module">${connect('/holdfast.esm.min.js')}</script>${inspectorTag}`,
    ],
    [
      'of a script tag, by a module that is imported lazily',
      () =>
        `<script src="/holdfast.min.js"></script><script>window.connected = io('${pages.server.url}').ready();</script>${inspectLater}`,
    ],
    ['of a bundle, by a module', async () => `${await bundled(connect('holdfast:index'))}${inspectLater}`],
    [
      'of a bundle, by a script tag',
      async () => `${await bundled(connect('holdfast:index'))}${inspectorTag}`,
    ],
    [
      'of a bundle, by another bundle with a second copy of the library',
      async () =>
        `${await bundled(connect('holdfast:index'))}${await bundled(
          `import { inspect } from 'holdfast:plugins/inspector/index'; import { io } from 'holdfast:index';
           window.connected.then(() => { window.other = io; inspect(); });`,
        )}`,
    ],
    [
      'of the core with no plugin at all',
      () => `<script type="module">import { createIo } from '/browser/production/core.js';
        window.connected = createIo([])('${pages.server.url}').ready();</script>${inspectLater}`,
    ],
  ] as const)('%s', async (_, body) => {
    const page = await pages.show(await body());
    await connectedPanel(page);
    await seen(
      panel(page)
        .locator('.journal')
        .getByText(/^connected over websocket$/),
    );
  });

  test('and so are later connections of every copy', async () => {
    const { url } = pages.server;
    const page = await pages.show(
      `<script src="/holdfast.min.js"></script>${modules}<script type="module">
        import { io } from '/browser/production/index.js';
        Object.assign(window, { moduleIo: io });</script>`,
    );
    const addresses = await page.evaluate(async (url) => {
      const { tools, moduleIo, io } = window as never as {
        tools: typeof Tools;
        moduleIo: Window['io'];
        io: Window['io'];
      };
      const inspector = tools.inspect();
      for (const [i, one] of [io, moduleIo, io].entries()) one(url, { path: `/${i}`, autoConnect: false });
      return inspector.log().connections.map(({ address }) => address);
    }, url);
    expect(addresses).toEqual([0, 1, 2].map((i) => `${url}/${i}`));
  });

  test('and the script tag puts its functions on `holdfast` if the page has no global of the library', async () => {
    const page = await pages.show(`<script src="/holdfast.inspector.min.js"></script>`);
    const kinds = await page.evaluate(() => {
      const { holdfast } = window as never as { holdfast: object };
      return Object.entries(holdfast).map(([name, value]) => `${name} ${typeof value}`);
    });
    expect(kinds).toEqual(['inspect function', 'openLog function', 'debug function']);
  });
});

test('a socket of another library is rejected with a clear message', async () => {
  const page = await pages.show(modules);
  const said = await page.evaluate(() => {
    const { tools } = window as never as { tools: typeof Tools };
    return [{ nsp: '/', io: {} }, {}, 'x', { io: null, nsp: '/' }].map((target) => {
      try {
        tools.inspect(target as never);
        return 'nothing';
      } catch (error) {
        return (error as { code?: string }).code;
      }
    });
  });
  expect(said).toEqual(Array(4).fill('BAD_OPTION'));
  expect(await panel(page).count()).toBe(0);
});

test('the panel says that there is no connection, until there is one', async () => {
  const page = await pages.show(scripts('data-inspect'));
  await seen(panel(page).getByText('This page has no holdfast connection yet'));
  await connectIn(page, pages.server.url);
  await connectedPanel(page);
  expect(await panel(page).locator('.nothing').isVisible()).toBe(false);
});

test('the panel shows the connection in use, and not a closed one', async () => {
  const page = await pages.show(scripts('data-inspect'));
  const { url } = pages.server;
  await page.evaluate(async (url) => {
    const first = window.io(url);
    await first.ready();
    first.disconnect();
    window.socket = window.io(url, { forceNew: true, path: '/socket.io/' }) as never;
    await window.socket.ready();
  }, url);
  await connectedPanel(page);
  const which = panel(page).getByLabel('Connection', { exact: true });
  await expect.poll(() => which.evaluate((select: HTMLSelectElement) => select.selectedIndex)).toBe(1);
  expect(await which.locator('option').first().textContent()).toContain('(closed)');
  // What the user has chosen stays.
  await which.selectOption({ index: 0 });
  await page.waitForTimeout(1_200);
  await seen(panel(page).locator('.state').getByText('Closed'));
});

test("closing empties the panel's element, and notifies the page", async () => {
  const page = await pages.show(`<div id="here"></div><script src="/holdfast.min.js"></script>${modules}`);
  const open = (): Promise<void> =>
    page.evaluate(() => {
      const { tools } = window as never as { tools: typeof Tools };
      const inspector = tools.inspect(undefined, { parent: document.querySelector('#here') });
      inspector.element.addEventListener('close', () => {
        document.body.dataset.closed = `${Number(document.body.dataset.closed ?? 0) + 1}`;
      });
      Object.assign(window, { inspector });
    });
  await open();
  await panel(page).getByRole('button', { name: 'Close the inspector' }).click();
  await open();
  const left = await page.evaluate(() => {
    const { inspector } = window as never as { inspector: Tools.Inspector };
    inspector.close();
    inspector.close();
    return [document.querySelector('#here')?.childNodes.length, document.body.dataset.closed];
  });
  expect(left).toEqual([0, '2']);
});

/** What is cut off or sticks out sideways, in any tab. */
const cutOff = (page: Page): Promise<string[]> =>
  panel(page).evaluate((host) => {
    const root = host.shadowRoot as ShadowRoot;
    const { width } = host.getBoundingClientRect();
    const found: string[] = [];
    for (const one of root.querySelectorAll<HTMLElement>('section *')) {
      if (!one.checkVisibility() || one.closest('.unseen, svg, .strip')) continue;
      const { left, right } = one.getBoundingClientRect();
      const name = `${one.localName}.${one.className} “${one.textContent?.slice(0, 30)}”`;
      if (left < -1 || right > width + 1) found.push(`${name} sticks out: ${left} to ${right}`);
      const { overflowX } = getComputedStyle(one);
      // A list of packets shortens its cells; the details have the whole.
      if (overflowX !== 'visible' && one.scrollWidth > one.clientWidth + 1 && !one.closest('[role=row]'))
        found.push(`${name} is cut off: ${one.scrollWidth} in ${one.clientWidth}`);
    }
    return found;
  });

test.each([360, 390, 768])('nothing is cut off in a window %d pixels wide', async (width) => {
  const page = await pages.show(scripts('data-inspect'), { context: { viewport: { width, height: 800 } } });
  pages.proxy.refuseUpgrades({ status: 403 });
  await connectIn(page, pages.proxy.url);
  await page.evaluate((url) => {
    window.socket.io.socket('/admin');
    window.io(url, { path: '/elsewhere', autoConnect: false });
  }, pages.proxy.url);
  await page.evaluate(() => window.socket.emitWithAck('ask', 'anything'));
  for (const name of ['Overview', 'Attempts', 'Packets', 'Namespaces', 'Doctor']) {
    await tab(page, name);
    if (name === 'Packets') await panel(page).getByRole('row').filter({ hasText: 'ACK ask' }).click();
    if (name === 'Namespaces')
      await seen(panel(page).locator('.stacked').getByText('only for administrators'));
    if (name === 'Doctor') {
      await panel(page).getByRole('button', { name: 'Run the doctor' }).click();
      await seen(panel(page).getByText('This page can connect'));
    }
    expect(await cutOff(page), name).toEqual([]);
  }
});

describe('an outage', () => {
  test('is one line with a count in the journal, and one round in the waterfall', async () => {
    const page = await pages.show(scripts('data-inspect'));
    await connectIn(page, pages.proxy.url);
    await pages.proxy.down();
    const times = panel(page)
      .locator('.journal tr')
      .filter({ hasText: 'no transport opened' })
      .locator('.times:visible');
    await seen(times.getByText(/^[4-9] times since \d\d:\d\d:\d\d$|^\d\d+ times since/));
    const lines = await panel(page).locator('.journal tbody tr').allTextContents();
    expect(lines.filter((line) => line.includes('no transport opened'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('websocket: failed')).length).toBeLessThanOrEqual(1);
    await tab(page, 'Attempts');
    await seen(panel(page).getByText(/^Attempts \d+–\d+: failed \d+ times in the same way$/));
  });
});

test('a saved log is marked as saved: nothing is green or “Connected”, and no time is now', async () => {
  const page = await pages.show(scripts('data-inspect'));
  await connectIn(page, pages.server.url);
  await page.evaluate(() => window.socket.emitWithAck('ask', 'x'));
  await connectedPanel(page);
  const text = await page.evaluate(() => {
    const { io } = window as never as { io: { inspect(): Tools.Inspector } };
    const inspector = io.inspect();
    const log = JSON.stringify(inspector.log());
    inspector.close();
    return log;
  });
  const other = await pages.show(scripts());
  await other.evaluate(
    (log) => (window.io as never as { openLog(log: string): Promise<unknown> }).openLog(log),
    text,
  );
  const state = panel(other).locator('.state');
  await seen(state.getByText('Saved log', { exact: true }));
  await seen(state.getByText(/^\d{4}-\d\d-\d\d \d\d:\d\d UTC · was connected$/));
  const looks = await panel(other).evaluate((host) => {
    const root = host.shadowRoot as ShadowRoot;
    const colour = (selector: string): string =>
      getComputedStyle(root.querySelector(selector) as Element).backgroundColor;
    return [colour('.state .dot'), colour('.strip [data-state=connected]')];
  });
  const isGreen = (rgb: string): boolean => {
    const [red = 0, green = 0, blue = 0] = rgb.match(/\d+/g)?.map(Number) ?? [];
    return green > red + 20 && green > blue + 20;
  };
  expect(looks.map(isGreen)).toEqual([false, false]);
  const marks = await panel(other).locator('.scale span').allTextContents();
  for (const mark of marks) expect(mark).toMatch(/^\d\d:\d\d:\d\d$/);
  for (const name of ['Overview', 'Attempts', 'Packets', 'Namespaces', 'Doctor']) {
    await tab(other, name);
    const words = await panel(other).evaluate((host) => {
      const root = host.shadowRoot as ShadowRoot;
      const visible = [...root.querySelectorAll<HTMLElement>('section *')].filter((one) =>
        one.checkVisibility(),
      );
      return visible.flatMap((one) => [
        ...[...one.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ textContent }) => textContent),
        one.getAttribute('aria-label'),
      ]);
    });
    for (const word of words) expect(word ?? '').not.toMatch(/\bnow\b|not yet|trying …/i);
  }
  await tab(other, 'Namespaces');
  await seen(panel(other).getByText('was joined'));
  await tab(other, 'Doctor');
  expect(await panel(other).getByRole('button', { name: 'Run the doctor' }).count()).toBe(0);
});

describe('the doctor', () => {
  test("examines the server with the connection's options, without disturbing the connection", async () => {
    const page = await pages.show(scripts('data-inspect'));
    await connectIn(page, pages.server.url);
    await tab(page, 'Doctor');
    await panel(page).getByRole('button', { name: 'Run the doctor' }).press('Enter');
    await seen(panel(page).getByRole('status').getByText('This page can connect'));
    const findings = panel(page).locator('.findings li');
    expect(await findings.first().textContent()).toContain(
      `${pages.server.url}, path /socket.io, namespace /`,
    );
    expect(await panel(page).locator('.findings [data-ok=false]').count()).toBe(0);
    expect(await page.evaluate(() => window.socket.connected)).toBe(true);
  });

  test('says why a connection does not open, and what to change', async () => {
    const page = await pages.show(scripts('data-inspect'));
    await page.evaluate((url) => {
      window.socket = window.io(`${url}/admin`, {
        auth: (give: (data: object) => void) => give({ token: 'hush' }),
      }) as never;
      window.socket.on('connect_error', () => {});
    }, pages.server.url);
    await seen(panel(page).locator('.journal').getByText('only for administrators'));
    await tab(page, 'Doctor');
    await panel(page).getByRole('button', { name: 'Run the doctor' }).click();
    await seen(panel(page).getByText('This page cannot connect'));
    const refused = panel(page).locator('.findings [data-ok=false]');
    expect(await refused.textContent()).toMatch(/refuses \/admin: "only for administrators".*middleware/);
    expect(await refused.textContent()).not.toContain('hush');
  });
});
