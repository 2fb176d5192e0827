import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumTabs, firefoxTabs, type TabBrowser, webKitTabs } from './browsers.js';
import { FAULTS, play, WORKER_FAULTS } from './matrix.js';

/** Every fault in every situation, in three browser engines; see `matrix.ts`. */

const {
  HOLDFAST_FIREFOX: firefox,
  HOLDFAST_WEBKIT: webkit,
  HOLDFAST_WEBKIT_DRIVER: webkitDriver,
  HOLDFAST_TABS_ENGINES: only,
} = process.env;

const ENGINES: readonly (readonly [string, (() => Promise<TabBrowser>) | undefined])[] = [
  ['Chromium', chromiumTabs],
  ['Firefox', firefox ? () => firefoxTabs(firefox) : undefined],
  ['WebKit', webkit && webkitDriver ? () => webKitTabs(webkitDriver, webkit) : undefined],
];

/** WebKit's driver controls one window at a time, and waits for a blocked one; with a worker, a blocked tab does not lose the lead. */
const BLOCKS = ['leader blocked by its own script', 'two tabs steal leadership at once'];

describe.concurrent.each(ENGINES.filter(([name]) => !only || only.includes(name)))('%s', (name, start) => {
  if (!start) {
    test('is installed', ({ skip }) => {
      const reason = `${name} was not found and could not be installed`;
      if (process.env.CI) throw new Error(reason);
      skip(reason);
    });
    return;
  }
  let browser: TabBrowser;
  beforeAll(async () => {
    browser = await start();
  });
  afterAll(async () => {
    await browser?.close();
  });

  test.concurrent.each(FAULTS.filter(({ only: engine = name }) => engine === name))(
    '$name',
    async (fault) => {
      const { faults, tally } = await play(browser, fault);
      if (process.env.HOLDFAST_TABS_TALLY) console.log(name, fault.name, tally);
      expect([...faults]).toEqual([]);
    },
  );

  test.concurrent.each(
    WORKER_FAULTS.filter(
      (fault) => (fault.only ?? name) === name && !(name === 'WebKit' && BLOCKS.includes(fault.name)),
    ),
  )('$name, over a shared worker', async (fault) => {
    const { faults, tally } = await play(browser, fault, true);
    if (process.env.HOLDFAST_TABS_TALLY) console.log(name, fault.name, tally);
    expect([...faults]).toEqual([]);
  });
});

test('the table of the document lists every fault', async () => {
  const text = await readFile(new URL('../../docs/tabs.md', import.meta.url), 'utf8');
  const table = /(?<=<!-- table -->\n)[\s\S]*(?=<!-- end of table -->)/.exec(text)?.[0] ?? '';
  expect(table.trim().split('\n').slice(2)).toEqual(
    FAULTS.map((fault) => {
      const cells = ENGINES.map(([name]) => ((fault.only ?? name) === name ? 'yes' : '–'));
      return `| ${[fault.name, ...cells].join(' | ')} |`;
    }),
  );
});
