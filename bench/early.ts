import { readFile } from 'node:fs/promises';
import { brotliCompressSync } from 'node:zlib';
import type {} from '../test/support/page-tools.js';
import { type Client, root, scripts } from './environment.js';
import type { Fixture } from './fixture.js';
import { alternate, type Scenario } from './scenario.js';
import { openSlowLine } from './slow-line.js';

/** Measures the time from navigation to `connect` on a slow phone, with and without the early snippet in the page's head. */

/** Real code that an application would bring along. With a client, the bundle has about 400 kB. */
const fillers = ['node_modules/d3/dist/d3.min.js', 'node_modules/mobx/dist/mobx.umd.production.min.js'];

const slowdown = 4;
const rttMs = 100;
/** 1.6 Mbit/s. */
const bytesPerSecond = 200_000;

declare global {
  interface Window {
    /** When the page was connected, in milliseconds from navigation. */
    connectedMs: Promise<number>;
  }
}

/** The builds of holdfast and the text of its snippet come from this module. */
const { snippetText } = (await import(new URL('scripts/build/snippet.mjs', root).href)) as {
  snippetText(): Promise<string>;
};

const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8');

/** Serves a page with its bundle, and returns the address. */
async function serve(fixture: Fixture, client: Client, url: string, head: string): Promise<URL> {
  const bundle = (await Promise.all([...fillers, scripts[client]].map(read))).join('\n;\n');
  const address = fixture.serve(brotliCompressSync(bundle), {
    'Content-Type': 'text/javascript; charset=utf-8',
    'Content-Encoding': 'br',
  });
  return new URL(
    fixture.serve(
      `<!doctype html><html lang="en"><head><title>early</title><link rel="icon" href="data:,">${head}</head>
      <body><script src="${new URL(address).pathname}"></script><script>
        window.connectedMs = new Promise((resolve) => {
          io('${url}').on('connect', () => resolve(performance.now()));
        });
      </script></body></html>`,
    ),
  );
}

/** A first visit with a new profile, on a slow device. */
const visit = (fixture: Fixture, address: string) => async (): Promise<number> => {
  const context = await fixture.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  await page.goto(address);
  const ms = await page.evaluate(() => window.connectedMs);
  await context.close();
  return ms;
};

export const early: readonly Scenario[] = [
  {
    name: 'early.slow',
    unit: 'ms',
    about: `from navigation to \`connect\` with the early snippet and its option \`join\`: bundle of 400 kB (brotli), CPU ${slowdown} times slower, TLS, ${rttMs} ms round trip, 1.6 Mbit/s, first visit; bare: holdfast without the snippet`,
    target: { ratio: 0.7, bareRatio: 0.7 },
    unsteady: 'the load of the bundle is most of it',
    bare: 'without the snippet',
    async run(fixture) {
      const line = await openSlowLine(rttMs, bytesPerSecond);
      try {
        const { server } = await fixture.link();
        const url = await line.to(server.port);
        const head = `<script>${await snippetText()}("${url}",void 0,void 0,void 0,"40")</script>`;
        const address = async (client: Client, text: string): Promise<string> => {
          const { port, pathname } = await serve(fixture, client, url, text);
          return `${await line.to(Number(port))}${pathname}`;
        };
        return await alternate(fixture.quick ? 2 : fixture.rounds, {
          holdfast: visit(fixture, await address('holdfast', head)),
          official: visit(fixture, await address('official', '')),
          bare: visit(fixture, await address('holdfast', '')),
        });
      } finally {
        line.close();
      }
    },
  },
];
