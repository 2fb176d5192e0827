/**
 * The script that a page runs in its head: the build shortens this file to less than 500 bytes. The function may use only its arguments and
 * browser globals.
 */
import type { EarlyEvent, EarlyPage } from './early.js';

/**
 * Opens a WebSocket to a Socket.IO server and keeps its messages until `takeEarly` takes it over. It is closed after 20 seconds, or when
 * the page is left. Where WebSocket has failed for this server in the last half hour, none is opened: `plugins/memory.ts` has the format of
 * what is remembered.
 *
 * @param server scheme, host and, where it is not the scheme's own, port
 * @param path without a slash at its end
 * @param query with an ampersand before each of its parts
 * @param join the packet CONNECT of a namespace, sent after the handshake; without one, no namespace is joined
 */
export const openEarly = (
  // The page's origin, also in a frame without an address of its own.
  server: string = origin,
  path = '/socket.io',
  query = '',
  protocols?: string | string[],
  join?: string,
): void => {
  try {
    // Every part of this file is written for its length.
    // biome-ignore lint/style/useTemplate: shorter
    const [failed, dateMs] = JSON.parse(localStorage['holdfast:' + server + path]).websocket;
    if (failed & ((Date.now() - dateMs < 18e5) as never)) return;
  } catch {
    // Nothing is remembered, or storage is blocked.
  }
  // If a page runs its head again, there is one already.
  if ((self as EarlyPage).earlyIo) return;
  try {
    const socket = new WebSocket(
      // biome-ignore lint/style/useTemplate: shorter
      'ws' + server.slice(4) + path + '/?EIO=4&transport=websocket' + query,
      protocols,
    );
    const events: EarlyEvent[] = [];
    // biome-ignore lint/suspicious/noAssignInExpressions: shorter
    const early = ((self as EarlyPage).earlyIo = [
      socket,
      protocols,
      performance.now(),
      join,
      events,
    ]) as unknown[];
    const close = (): unknown => early.pop() && socket.close();
    socket.binaryType = 'arraybuffer';
    socket.onmessage =
      socket.onerror =
      socket.onclose =
        (event: EarlyEvent): unknown =>
          // Servers may send a heartbeat before the bundle has loaded. The number is sent as text.
          // biome-ignore lint/suspicious/noDoubleEquals: shorter, and no other packet equals 2
          event.data == 2 ? socket.send(3 as never) : events.push(event) > 1 || (join && socket.send(join));
    setTimeout(close, 2e4);
    addEventListener('pagehide', close);
  } catch {
    // The page may not connect there: `io()` reports it.
  }
};
