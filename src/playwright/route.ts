/** Puts an in-memory server behind a page: WebSocket and long-polling. */
import type { BrowserContext, Page, Route } from '@playwright/test';
import { warnOnce } from '../platform/report.js';
import type { RoutedWebSocket } from '../testing/entrance.js';
import { headersFor, type PollingRequest, type PollingResponse } from '../testing/polling.js';

const NO_BODY =
  'Playwright does not report the bodies of requests when it drives the browser by WebDriver BiDi, so an in-memory server cannot answer long-polling; connect with transports: ["websocket"], or use the Firefox that Playwright installs';

/** The used members of a test server, as `createTestServer` returns it. */
export interface RoutableServer {
  path(): string;
  fromWebSocketRoute(ws: RoutedWebSocket): void;
  handleRequest(request: PollingRequest): Promise<PollingResponse>;
}

/**
 * Routes every connection of a page to an in-memory server, over WebSocket and long-polling, whatever its address: for holdfast and for
 * the official client. Call it before the page connects.
 *
 * @param target a page, or a context with all of its pages
 * @param url only these addresses. @defaultValue those with the path of the server
 */
export async function routeServer(
  target: Page | BrowserContext,
  server: RoutableServer,
  url?: RegExp,
): Promise<void> {
  const fits = (address: URL): boolean =>
    url ? url.test(address.href) : address.pathname.replace(/\/$/, '') === server.path();
  await target.routeWebSocket(fits, (ws) => server.fromWebSocketRoute(ws as RoutedWebSocket));
  await target.route(fits, async (route: Route) => {
    const request = route.request();
    const body = request.postData();
    if (body === null && Number(request.headers()['content-length']) > 0) {
      warnOnce('routeServer', `holdfast/playwright: ${NO_BODY}`);
      await route.fulfill({ status: 501, headers: headersFor(request.headers().origin), body: NO_BODY });
      return;
    }
    try {
      const answer = await server.handleRequest({
        method: request.method(),
        url: request.url(),
        headers: request.headers(),
        body: body ?? '',
      });
      await route.fulfill({ ...answer, headers: { ...answer.headers } });
    } catch {
      // A fault of the server has cut it, or the page was closed.
      await route.abort('connectionreset').catch(() => {});
    }
  });
}
