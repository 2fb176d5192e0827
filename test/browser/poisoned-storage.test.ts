import { expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { useFixture } from '../support/fixture.js';

/** Another script of the site has overwritten the entry in which the library remembers a server. */

const fixture = useFixture({
  setup: (app) => app.on('connection', (socket) => socket.on('echo', (word, answer) => answer(word))),
});
const browser = useBrowser();

const poisons = {
  '4.9 MB of text': ['x', 4_900_000, ''],
  '4.9 MB of digits': ['9', 4_900_000, ''],
  '400,000 nested lists': ['[', 400_000, ']'],
  '400,000 nested objects': ['{"a":', 400_000, '}'],
  '4 kB of nested lists': ['[', 2_000, ']'],
} as const;

test.each(Object.keys(poisons) as (keyof typeof poisons)[])(
  '%s neither block the page nor prevent it from connecting',
  async (name) => {
    const page = await browser.open('script');
    const url = fixture.proxy.url;
    const result = await page.evaluate(
      async ({ url, poison: [open, count, close] }) => {
        const key = `holdfast:${url}/socket.io`;
        localStorage.setItem(key, open.repeat(count) + close.repeat(count));
        let startedMs = performance.now();
        const { length } = localStorage.getItem(key) as string;
        const readingMs = performance.now() - startedMs;

        // The longest time without a turn of the event loop.
        let blockedMs = 0;
        let over = false;
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          const nowMs = performance.now();
          blockedMs = Math.max(blockedMs, nowMs - startedMs);
          startedMs = nowMs;
          if (!over) port2.postMessage(0);
        };
        startedMs = performance.now();
        port2.postMessage(0);
        const socket = window.io(url);
        const answer = await socket.emitWithAck('echo', 'hello');
        socket.disconnect();
        over = true;
        return { length, readingMs, blockedMs, answer, stored: localStorage.getItem(key) ?? '' };
      },
      { url, poison: poisons[name] },
    );
    expect(result.answer).toBe('hello');
    expect(result.length).toBeGreaterThan(3_999);
    // A busy machine may take a while for anything at all.
    expect(result.blockedMs).toBeLessThan(1_000 + 20 * result.readingMs);
    // What is known of the server takes its place.
    expect(result.stored).toContain('"rttMs":[');
  },
);
