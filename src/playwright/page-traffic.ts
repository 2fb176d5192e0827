/** Reads the traffic of a page through Playwright, encrypted or not. */
import type { Page, Request } from '@playwright/test';
import { attempt } from '../platform/attempt.js';
import type { TappedConnection } from './proxy.js';
import type { PollingTap, Traffic } from './traffic.js';

export function listenTo(page: Page, traffic: Traffic, polling: PollingTap): void {
  /** Events are reported in order, although the text of a response is read later. */
  let last: Promise<unknown> = Promise.resolve();
  const inOrder = (act: () => unknown): void => {
    last = last.then(act, act);
  };
  page.on('websocket', (ws) => {
    let tapped: TappedConnection | undefined;
    inOrder(() => {
      tapped = traffic.opened('websocket', ws.url());
    });
    let failure: string | undefined;
    const plain = (payload: string | Buffer): string | Uint8Array =>
      typeof payload === 'string' ? payload : new Uint8Array(payload);
    ws.on('framesent', ({ payload }) => inOrder(() => tapped?.sent(plain(payload))));
    ws.on('framereceived', ({ payload }) => inOrder(() => tapped?.received(plain(payload))));
    ws.on('socketerror', (error) => {
      failure = error;
    });
    ws.on('close', () => inOrder(() => tapped?.closed(failure)));
  });
  const requests = new WeakMap<Request, TappedConnection>();
  page.on('request', (request) => {
    const query = attempt(() => new URL(request.url()).searchParams);
    if (query?.get('transport') !== 'polling') return;
    // Playwright cannot read a response that the page has discarded. Responses over plain HTTP are read at the proxy.
    if (request.url().startsWith('http:')) {
      inOrder(() => polling.claim(request.url(), traffic));
      return;
    }
    inOrder(() => {
      const tapped = traffic.opened('polling', request.url());
      requests.set(request, tapped);
      const body = request.postData();
      if (body) tapped.sent(body);
    });
  });
  page.on('requestfailed', (request) => {
    inOrder(() => requests.get(request)?.closed(request.failure()?.errorText ?? 'failed'));
  });
  // Its body has arrived, so reading it does not delay the rest.
  page.on('requestfinished', (request) => {
    inOrder(async () => {
      const tapped = requests.get(request);
      if (!tapped) return;
      try {
        const response = await request.response();
        const status = response?.status() ?? 0;
        if (status < 400 && request.method() === 'GET') tapped.received((await response?.text()) ?? '');
        tapped.closed(status < 400 ? undefined : `HTTP ${status}`);
      } catch {
        // The page was closed meanwhile, and its responses are lost.
        tapped.closed('aborted');
      }
    });
  });
}
