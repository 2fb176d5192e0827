import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from '../engines/engines.js';
import { launchPages } from '../support/browser.js';
import { type Block, blocks, documents, root, runnerOf } from './support/blocks.js';

/** The documentation site: built as `npm run site` builds it, and opened in a browser. */

interface SiteBlock {
  readonly document: string;
  readonly language: string;
  readonly use: string;
  readonly code: string;
}

const load = <Module>(file: string): Promise<Module> =>
  import(new URL(`../../scripts/site/${file}`, import.meta.url).href) as Promise<Module>;

const { buildSite } = await load<{
  buildSite(options: { out: string; version?: string }): Promise<{ folder: string; examples: number }>;
}>('build.mjs');
const { serveFolder } = await load<{
  serveFolder(folder: string, port: number): Promise<{ url: string; close(): Promise<void> }>;
}>('serve.mjs');
const { NOT_IN_A_PAGE, NOT_ON_THESE, NOT_THESE, reasonOf } = await load<{
  NOT_IN_A_PAGE: Record<string, string>;
  NOT_THESE: Record<string, string>;
  NOT_ON_THESE: Record<string, string>;
  reasonOf(block: SiteBlock): string | undefined;
}>('examples.mjs');
const { PAGES } = await load<{ PAGES: readonly { file: string }[] }>('navigation.mjs');

/** A page with many examples, on a busy machine. */
const limitMs = 120_000;

let out: string;
let folder: string;
let site: Awaited<ReturnType<typeof serveFolder>>;
let browser: Browser;

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'holdfast-site-'));
  [{ folder }, browser] = await Promise.all([buildSite({ out }), launchPages()]);
  site = await serveFolder(out, 0);
  // The site is built in the processor alone, beside other tests.
}, 3 * limitMs);
afterAll(async () => {
  await browser?.close();
  await site?.close();
  await rm(out, { recursive: true, force: true });
});

const pages = async (): Promise<string[]> =>
  (await readdir(join(out, folder))).filter((name) => name.endsWith('.html'));

async function open(page: string, options: object = {}): Promise<Page> {
  const context = await browser.newContext(options);
  const opened = await context.newPage();
  await opened.goto(`${site.url}${folder}/${page}`);
  return opened;
}

describe('the site', () => {
  test('has every document in its menu', () => {
    const listed = new Set(PAGES.map(({ file }) => file));
    const own = new Set(['README.md', 'docs/README.md']); // the first page
    expect(documents.filter((document) => !listed.has(document) && !own.has(document))).toEqual([]);
  });

  test('every link leads to a page and a section that exist', async () => {
    const ids = new Map<string, Set<string>>();
    const texts = new Map<string, string>();
    for (const page of await pages()) {
      // Code has links that lead nowhere here.
      const html = (await readFile(join(out, folder, page), 'utf8')).replace(/<pre[\s\S]*?<\/pre>/g, '');
      texts.set(page, html);
      ids.set(page, new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id as string)));
    }
    const faults: string[] = [];
    for (const [page, html] of texts) {
      for (const [, target = ''] of html.matchAll(/ (?:href|src)="([^"]+)"/g)) {
        if (/^(https?|mailto|data):/.test(target)) continue;
        const [path = '', hash = ''] = target.replaceAll('&amp;', '&').split('#');
        const file = path || page;
        if (!existsSync(join(out, folder, file))) faults.push(`${page}: ${target}`);
        else if (hash && !ids.get(file)?.has(decodeURIComponent(hash))) faults.push(`${page}: ${target}`);
      }
    }
    expect(faults).toEqual([]);
  });

  test('shows no Markdown as text', async () => {
    const faults: string[] = [];
    for (const page of await pages()) {
      const html = (await readFile(join(out, folder, page), 'utf8')).replace(
        /<(pre|code|script|style|template|title)\b[\s\S]*?<\/\1>/g,
        '',
      );
      for (const [text] of html.matchAll(/>[^<]*(`|\*\*|\]\()[^<]*</g)) faults.push(`${page}: ${text}`);
    }
    expect(faults).toEqual([]);
  });

  test('needs nothing from other servers', async () => {
    const foreign: string[] = [];
    for (const page of ['index.html', 'getting-started.html', 'performance.html']) {
      const context = await browser.newContext();
      const opened = await context.newPage();
      opened.on('request', (request) => {
        if (!request.url().startsWith(site.url) && !request.url().startsWith('data:'))
          foreign.push(request.url());
      });
      await opened.goto(`${site.url}${folder}/${page}`, { waitUntil: 'networkidle' });
      await context.close();
    }
    expect(foreign).toEqual([]);
  });

  test('is part of neither the package nor the repository', async () => {
    const { files } = JSON.parse(await readFile(`${root}package.json`, 'utf8')) as { files: string[] };
    expect(files).not.toContain('site');
    expect(await readFile(`${root}.gitignore`, 'utf8')).toContain('\n/site/\n');
  });
});

describe('pages', () => {
  /** The list of all pages. */
  const lists = ['docs/README.md'];

  test.each(documents.filter((document) => document.startsWith('docs/') && !lists.includes(document)))(
    '%s begins with an example',
    async (document) => {
      const text = await readFile(`${root}${document}`, 'utf8');
      const [, start = ''] = /^# .*\n([\s\S]*)/.exec(text) ?? [];
      const beforeCode = start.slice(0, start.indexOf('\n```')).replace(/<!--.*-->/g, '');
      expect(start).toContain('\n```');
      // A sentence or two may introduce it.
      expect(beforeCode.split(/\s+/).length, beforeCode).toBeLessThan(75);
      expect(beforeCode).not.toMatch(/^\|/m);
    },
  );

  test('a support table comes last on its page', async () => {
    const faults: string[] = [];
    for (const document of documents.filter((one) => one.startsWith('docs/') && one !== 'docs/api.md')) {
      const lines = (await readFile(`${root}${document}`, 'utf8')).split('\n');
      // A table of at least five columns and ten rows is one.
      let rows = 0;
      for (const [at, line] of lines.entries()) {
        rows = line.startsWith('|') && line.split(/(?<!\\)\|/).length > 6 ? rows + 1 : 0;
        if (rows !== 12) continue;
        const rest = lines.slice(at).filter((one) => /^#{2} |^```/.test(one));
        if (rest.length > 1) faults.push(`${document}:${at + 1} is followed by ${rest.join(', ')}`);
      }
    }
    expect(faults).toEqual([]);
  });
});

describe('examples', () => {
  const asBlock = ({ document, language, use, code }: Block): SiteBlock => ({
    document,
    language,
    use,
    code,
  });

  test('each one runs, or has a reason why it cannot', () => {
    const unknown = blocks
      .map((block) => [block.place, reasonOf(asBlock(block))] as const)
      .filter(([, reason]) => reason?.startsWith('of an unknown kind'));
    expect(unknown).toEqual([]);
    // For the reader of the log: which examples have no button, and why.
    const reasons = new Map<string, string[]>();
    for (const block of blocks) {
      const reason = reasonOf(asBlock(block));
      if (reason) reasons.set(reason, [...(reasons.get(reason) ?? []), block.place]);
    }
    for (const [reason, places] of reasons) {
      console.log(`holdfast: no Run button (${reason}): ${places.join(', ')}`);
    }
  });

  test('each block that the tests run in a page has a button, apart from these', () => {
    const without = blocks
      .filter((block) => ['page', 'html', 'vitest'].includes(runnerOf(block)))
      .map((block) => [block.document, reasonOf(asBlock(block))] as const)
      .filter(([, reason]) => reason !== undefined);
    expect(without).toEqual([
      ['docs/durable.md', 'a page of its own, with the files of an installed package'],
      ['docs/early.md', 'the configuration of a bundler'],
      ['docs/early.md', 'a file of an app that is rendered on a server'],
      ['docs/early.md', 'the configuration of a framework'],
      ['docs/recipe-cookies.md', 'a session in a cookie: a server in memory has no HTTP'],
      ['docs/testing.md', 'a test with a real server, which needs Node'],
      ['docs/testing.md', 'a test with a real server, which needs Node'],
    ]);
  });

  test('every reason belongs to a block', () => {
    const kinds = new Set(blocks.map(({ language, use }) => `${language} ${use}`.trim()));
    expect(Object.keys(NOT_IN_A_PAGE).filter((kind) => !kinds.has(kind))).toEqual([]);
    const first = new Set(blocks.map(({ code }) => code.split('\n')[0]));
    expect(Object.keys(NOT_THESE).filter((line) => !first.has(line))).toEqual([]);
    expect(Object.keys(NOT_ON_THESE).filter((document) => !documents.includes(document))).toEqual([]);
  });

  /** What an example says that it prints. */
  const expectedOf = (code: string): string[] =>
    [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => (line as string).trim());

  test(
    'every Run button prints what its example says, and reports no error',
    async () => {
      const faults: string[] = [];
      let pressed = 0;
      const waiting = (await pages()).filter((page) => page !== 'index.html');
      const work = async (): Promise<void> => {
        for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
          const opened = await open(page);
          const examples = opened.locator('.example[data-runs]');
          const codes = await examples.locator('.code pre').allTextContents();
          pressed += codes.length;
          // All of a page at once: most of the time is waiting.
          await opened.evaluate(() => {
            for (const button of document.querySelectorAll<HTMLElement>('.example .run')) button.click();
          });
          for (const [at, code] of codes.entries()) {
            const lines = (): Promise<string[]> => examples.nth(at).locator('.console li').allTextContents();
            const name = `${page}, example ${at + 1}`;
            const wanted = [...expectedOf(code), ...(/^test\(/m.test(code) ? ['✓'] : [])];
            const there = async (): Promise<boolean> => {
              const printed = await lines();
              return wanted.every((line) =>
                printed.some((one) => one === line || (line === '✓' && one.startsWith(line))),
              );
            };
            await expect
              .poll(there, { timeout: 30_000, interval: 100 })
              .toBe(true)
              .catch(async () => faults.push(`${name}: expected ${wanted}, printed ${await lines()}`));
            const errors = await examples.nth(at).locator('.console .error').allTextContents();
            faults.push(...errors.map((error) => `${name}: ${error}`));
          }
          await opened.context().close();
        }
      };
      await Promise.all([work(), work(), work()]);
      expect(faults).toEqual([]);
      expect(pressed).toBeGreaterThan(100);
    },
    3 * limitMs,
  );

  test('an example lists the events of its connection, can be changed, and stops', async () => {
    const opened = await open('cheat-sheet.html');
    const example = opened.locator('.example[data-runs]').first();
    await example.getByRole('button', { name: 'Run' }).click();
    await example.locator('.wire li').filter({ hasText: 'acknowledgement 0 [42]' }).waitFor();
    await example.getByRole('button', { name: 'Edit' }).click();
    await example
      .getByRole('textbox')
      .fill("import { io } from 'holdfast';\nio().on('news', (text) => console.log('changed:', text));");
    await example.getByRole('button', { name: 'Run again' }).click();
    await example.getByText('changed: it works', { exact: true }).waitFor();
    await example.getByRole('button', { name: 'Stop' }).click();
    await example.getByText('Stopped.').waitFor();
    await opened.context().close();
  });

  test('a component is rendered', async () => {
    const opened = await open('frameworks.html');
    await opened.locator('.example[data-runs] .run').first().click();
    await opened.frameLocator('iframe').getByText('holdfast is running').waitFor({ timeout: 20_000 });
    await opened.context().close();
  });
});

describe('search', () => {
  test.each([
    ['NEGOTIATION_FAILED', 'errors.html#negotiation_failed'],
    ['reconnectionDelay', 'connection.html#reconnecting'],
    ['events arrive twice', 'symptoms.html#events-arrive-twice'],
    ['presense', 'recipe-presence.html'], // misspelt
  ])('finds %s', async (query, address) => {
    const opened = await open('auth.html');
    await opened.keyboard.press('/');
    await opened.getByRole('combobox', { name: 'Search the documentation' }).fill(query);
    const results = opened.locator('.results [role=option]');
    await results.first().waitFor();
    const targets = await results.evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    expect(
      targets.some((target) => target?.startsWith(address)),
      `${targets}`,
    ).toBe(true);
    await opened.keyboard.press('ArrowDown');
    await opened.keyboard.press('ArrowUp');
    await opened.keyboard.press('Enter');
    await opened.waitForURL(`**/${targets[0]}`);
    await opened.context().close();
  });
});

describe('versions', () => {
  test(
    'the menu lists the existing versions, and links to the same page of another one',
    async () => {
      const file = join(out, 'versions.json');
      const before = await readFile(file, 'utf8');
      expect(JSON.parse(before)).toEqual([{ version: expect.any(String), folder }]);
      const other = await buildSite({ out, version: '0.9.3' });
      expect(other.folder).toBe('0.9');
      try {
        expect(JSON.parse(await readFile(file, 'utf8'))).toEqual([
          { version: '0.9.3', folder: '0.9' },
          { version: expect.any(String), folder },
        ]);
        // The older page was built when it was the only one.
        const opened = await open('auth.html');
        const menu = opened.getByRole('combobox', { name: 'Version' });
        await expect.poll(() => menu.locator('option').allTextContents()).toContain('0.9.3 (latest)');
        await menu.selectOption('0.9');
        await opened.waitForURL('**/0.9/auth.html');
        await opened.goto(site.url);
        await opened.waitForURL('**/0.9/index.html');
        await opened.context().close();
      } finally {
        await rm(join(out, '0.9'), { recursive: true });
        await writeFile(file, before);
      }
    },
    limitMs,
  );
});

describe('in a browser', () => {
  test('dark mode follows the system, and a choice is remembered', async () => {
    const opened = await open('auth.html', { colorScheme: 'dark' });
    const background = () => opened.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await background();
    const button = opened.getByRole('button', { name: 'Dark mode' });
    expect(await button.getAttribute('aria-pressed')).toBe('true');
    await button.click();
    const light = await background();
    expect(light).not.toBe(dark);
    await opened.goto(`${site.url}${folder}/delivery.html`);
    expect(await background()).toBe(light);
    await opened.context().close();
  });

  test(
    'nothing is wider than the window, from 1280 to 360 px',
    async () => {
      const wide: string[] = [];
      const opened = await (await browser.newContext()).newPage();
      for (const page of await pages()) {
        await opened.goto(`${site.url}${folder}/${page}`, { waitUntil: 'domcontentloaded' });
        for (const width of [1280, 768, 390, 360]) {
          await opened.setViewportSize({ width, height: 800 });
          const over = await opened.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          if (over > 0) wide.push(`${page} at ${width} px: ${over} px`);
        }
      }
      await opened.context().close();
      expect(wide).toEqual([]);
    },
    limitMs,
  );

  test('the menu of a narrow window opens, and closes by the Escape key', async () => {
    const opened = await open('auth.html', { viewport: { width: 360, height: 700 } });
    const menu = opened.getByRole('button', { name: 'Menu' });
    await menu.click();
    await opened.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Presence' }).waitFor();
    await opened.keyboard.press('Escape');
    expect(await menu.getAttribute('aria-expanded')).toBe('false');
    await opened.context().close();
  });

  test.each(['light', 'dark'] as const)(
    'axe reports nothing, in %s',
    async (colorScheme) => {
      const source = await readFile(`${root}node_modules/axe-core/axe.min.js`, 'utf8');
      const found: string[] = [];
      for (const [page, width] of [
        ['index.html', 1280],
        ['getting-started.html', 1280],
        ['symptoms.html', 390],
        ['errors.html', 1280],
        ['performance.html', 390],
        ['connection.html', 1280],
        ['recipe-upload.html', 360],
        ['react.html', 1280],
      ] as const) {
        const opened = await open(page, { colorScheme, viewport: { width, height: 900 } });
        if (page === 'getting-started.html') {
          await opened.locator('.run').first().click();
          await opened.locator('.console li').first().waitFor();
        }
        if (page === 'symptoms.html') {
          await opened.getByRole('button', { name: 'Search' }).click();
          await opened.getByRole('combobox', { name: 'Search the documentation' }).fill('cookie');
          await opened.locator('.results [role=option]').first().waitFor();
        }
        await opened.evaluate(source);
        const violations = await opened.evaluate(async () => {
          interface Violation {
            readonly id: string;
            readonly nodes: readonly { readonly html: string }[];
          }
          const { axe } = window as unknown as {
            axe: { run(root: Document, options: object): Promise<{ violations: Violation[] }> };
          };
          const { violations } = await axe.run(document, { iframes: false });
          return violations.map(
            ({ id, nodes }) =>
              `${id}: ${nodes
                .slice(0, 3)
                .map(({ html }) => html.slice(0, 160))
                .join(' ; ')}`,
          );
        });
        found.push(...violations.map((one) => `${page}: ${one}`));
        await opened.context().close();
      }
      expect(found).toEqual([]);
    },
    limitMs,
  );
});

describe('in the other engines', () => {
  const others = engines.flatMap(({ name, start }) =>
    start && name !== 'Chromium' ? [[name, start] as const] : [],
  );

  test.each(others)(
    'examples run in %s, and the search finds results',
    async (_, start) => {
      const driver = await start();
      const until = (expression: string): Promise<void> =>
        expect
          .poll(() => driver.evaluate(expression).catch(() => undefined), { timeout: 40_000, interval: 200 })
          .toBe(true);
      try {
        await driver.open(`${site.url}${folder}/cheat-sheet.html`);
        await until(
          `document.querySelector('.run')?.click() === undefined && !!document.querySelector('.output')`,
        );
        await until(
          `[...document.querySelectorAll('.console li')].some((line) => line.textContent === '42')`,
        );
        await until(`document.querySelector('.wire').textContent.includes('acknowledgement 0 [42]')`);
        await driver.evaluate(`void document.querySelector('.open-search').click()`);
        await driver.evaluate(
          `(() => { const input = document.querySelector('.search input'); input.value = 'sticky'; input.dispatchEvent(new Event('input')); })()`,
        );
        await until(`!!document.querySelector('.results a[href^="scaling.html"]')`);
      } finally {
        await driver.close();
      }
    },
    limitMs,
  );
});
