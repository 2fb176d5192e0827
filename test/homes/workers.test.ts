import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { launchLasting } from '../support/browser.js';
import { expectedExchange, runNode, useProject } from './support/fixture.js';

const project = useProject();

type Kind = 'dedicated worker' | 'shared worker' | 'service worker';

beforeAll(async () => {
  await runNode('builders/workers.mjs');
});

function ask(page: Page, kind: Kind, format: 'esm' | 'iife', options: object): Promise<unknown> {
  const message = { url: project.server.url, options };
  return page.evaluate(
    async ({ kind, format, message }) => {
      const path = `/out/workers/${format}.js`;
      const type = format === 'esm' ? 'module' : 'classic';
      const worker = async () => {
        if (kind === 'dedicated worker') return new Worker(path, { type });
        if (kind === 'shared worker') return new SharedWorker(path, { type }).port;
        const registration = await navigator.serviceWorker.register(path, { type });
        const starting = registration.installing ?? registration.waiting;
        if (registration.active || !starting) return registration.active as ServiceWorker;
        await new Promise<void>((resolve) => {
          starting.addEventListener('statechange', () => starting.state === 'activated' && resolve());
        });
        return starting;
      };
      const { port1, port2 } = new MessageChannel();
      const answered = new Promise((resolve) => {
        port1.onmessage = ({ data }) => resolve(data);
      });
      (await worker()).postMessage(message, [port2]);
      return answered;
    },
    { kind, format, message },
  );
}

describe.each<Kind>(['dedicated worker', 'shared worker', 'service worker'])('in a %s', (kind) => {
  test.each(['esm', 'iife'] as const)(
    'bundled as %s, holdfast works over both transports',
    async (format) => {
      const page = await project.show('');
      const xhr = kind === 'service worker' ? 'undefined' : 'function';
      const globals = { xhr, document: 'undefined', storage: 'undefined' };
      for (const transport of ['websocket', 'polling']) {
        const answer = await ask(page, kind, format, { transports: [transport] });
        expect(answer).toEqual({ exchange: expectedExchange(transport), globals });
      }
    },
  );
});

test('holdfast works in the background of an extension (manifest version 3)', async () => {
  const extension = join(inject('project').folder, 'out/extension');
  const profile = await mkdtemp(join(tmpdir(), 'holdfast-profile-'));
  // Chrome no longer supports `--load-extension`; this way works in Chromium, too.
  const context = await launchLasting(profile, '--enable-unsafe-extension-debugging');
  onTestFinished(async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  });
  const started = context.waitForEvent('serviceworker');
  const session = await context.browser()?.newBrowserCDPSession();
  await session?.send('Extensions.loadUnpacked' as never, { path: extension } as never);
  const background = await started;
  expect(background.url()).toMatch(/^chrome-extension:.*\/background\.js$/);
  for (const transport of ['websocket', 'polling']) {
    const exchange = await background.evaluate(({ url, transports }) => self.exchange(url, { transports }), {
      url: project.server.url,
      transports: [transport],
    });
    expect(exchange).toEqual(expectedExchange(transport));
  }
});
