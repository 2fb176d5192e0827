/**
 * What a page runs in its head, as text: the build shortens this file to less than 500 bytes. The function may use nothing from outside
 * of it but what browsers have.
 */
import type { EarlyEvent, EarlyPage } from './early.js';

/**
 * Opens a WebSocket to a Socket.IO server and keeps what comes, until `takeEarly` takes it over. It is closed after 20 seconds, or
 * when the page is left. Where WebSocket has failed for this server in the last half hour, none is opened: `plugins/memory.ts` has
 * the format of what is remembered.
 *
 * @param server scheme, host and, where it is not the scheme's own, port
 * @param path without a slash at its end
 * @param query with an ampersand before each of its parts
 */
export const openEarly = (
  // That of the page, also in a frame without an address of its own.
  server: string = origin,
  path = '/socket.io',
  query = '',
  protocols?: string | string[],
): void => {
  try {
    const [failed, dateMs] = JSON.parse(localStorage[`holdfast:${server}${path}`]).websocket;
    if (failed && Date.now() - dateMs < 18e5) return;
  } catch {
    // Nothing is remembered, or nothing may be.
  }
  // A page that runs its head again has one already.
  if ((self as EarlyPage).earlyIo) return;
  try {
    const socket = new WebSocket(`ws${server.slice(4)}${path}/?EIO=4&transport=websocket${query}`, protocols);
    const events: EarlyEvent[] = [];
    // biome-ignore lint/suspicious/noAssignInExpressions: shorter
    const early = ((self as EarlyPage).earlyIo = [socket, protocols, performance.now(), events]) as unknown[];
    const close = (): unknown => early.pop() && socket.close();
    socket.binaryType = 'arraybuffer';
    socket.onmessage =
      socket.onerror =
      socket.onclose =
        // Servers may ask for a sign of life before the bundle is there.
        // biome-ignore lint/suspicious/noDoubleEquals: shorter, and no other packet equals 2
        (event: EarlyEvent): unknown => (event.data == 2 ? socket.send('3') : events.push(event));
    setTimeout(close, 2e4);
    addEventListener('pagehide', close);
  } catch {
    // The page may not connect there: `io()` says so.
  }
};
