/** Plays a server in memory behind a page: WebSocket and long-polling. */
import type { BrowserContext, Page, Route } from '@playwright/test';
import type { PollingRequest, PollingResponse } from '../testing/polling.js';
import type { RoutedWebSocket } from '../testing/server.js';

/** A test server, as far as it is played behind a page: what `createTestServer` makes. */
export interface RoutableServer {
  path(): string;
  fromWebSocketRoute(ws: RoutedWebSocket): void;
  handleRequest(request: PollingRequest): Promise<PollingResponse>;
}

/**
 * Leads every connection of a page to a server in memory, over WebSocket and over long-polling, whatever its address: for holdfast and for
 * the official client. To be called before the page connects.
 *
 * @param target a page, or a context with all of its pages
 * @param url only these addresses. @defaultValue those whose path is that of the server
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
    try {
      const { status, headers, body } = await server.handleRequest({
        method: request.method(),
        url: request.url(),
        headers: request.headers(),
        body: request.postData() ?? '',
      });
      await route.fulfill({ status, headers: { ...headers }, body });
    } catch {
      // A fault of the server has cut it, or the page is gone.
      await route.abort('connectionreset').catch(() => {});
    }
  });
}
