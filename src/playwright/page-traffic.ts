/** Hears the traffic of a page from Playwright, encrypted or not. */
import type { Page, Request } from '@playwright/test';
import { attempt } from '../platform/attempt.js';
import type { TappedConnection } from './proxy.js';
import type { Traffic } from './traffic.js';

export function listenTo(page: Page, traffic: Traffic): void {
  page.on('websocket', (ws) => {
    const tapped = traffic.opened('websocket', ws.url());
    let failure: string | undefined;
    const plain = (payload: string | Buffer): string | Uint8Array =>
      typeof payload === 'string' ? payload : new Uint8Array(payload);
    ws.on('framesent', ({ payload }) => tapped.sent(plain(payload)));
    ws.on('framereceived', ({ payload }) => tapped.received(plain(payload)));
    ws.on('socketerror', (error) => {
      failure = error;
    });
    ws.on('close', () => tapped.closed(failure));
  });
  const requests = new Map<Request, TappedConnection>();
  page.on('request', (request) => {
    const query = attempt(() => new URL(request.url()).searchParams);
    if (query?.get('transport') !== 'polling') return;
    const tapped = traffic.opened('polling', request.url());
    requests.set(request, tapped);
    const body = request.postData();
    if (body) tapped.sent(body);
  });
  page.on('requestfailed', (request) => {
    requests.get(request)?.closed(request.failure()?.errorText ?? 'failed');
    requests.delete(request);
  });
  page.on('response', async (response) => {
    const request = response.request();
    const tapped = requests.get(request);
    if (!tapped) return;
    requests.delete(request);
    try {
      const text = await response.text();
      if (response.status() >= 400) tapped.closed(`HTTP ${response.status()}`);
      else {
        if (request.method() === 'GET') tapped.received(text);
        tapped.closed();
      }
    } catch {
      // The page has gone in the meantime, and its answers with it.
      tapped.closed('aborted');
    }
  });
}
