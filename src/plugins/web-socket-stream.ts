import type { Plugin } from '../manager/plugin.js';
import { systemTurn } from '../platform/turn.js';
import { StreamedWebSocket, webSocketStreamClass } from '../platform/web-socket-stream.js';

/** The page reads messages for this long, then the browser gets its turn, in milliseconds. */
const SLICE_MS = 8;

/** engine.io-client's WebSocket transport */
interface WebSocketTransport {
  createSocket?(uri: string, protocols?: string | readonly string[]): unknown;
}

/**
 * A plugin: `io(url, { plugins: [schedule(), webSocketStream()] })`. In Chromium, WebSocket messages are read from a `WebSocketStream`, so
 * that the browser can paint between them, however fast they arrive. Other browsers use `WebSocket`.
 */
export const webSocketStream = (): Plugin => ({
  name: 'webSocketStream',
  manager: ({ _environment: { clock, turn = systemTurn } }) => ({
    transport(name, create) {
      const transport = create();
      const Class = webSocketStreamClass();
      // The plugin `early` may have a WebSocket that is open already.
      if (name === 'websocket' && Class && !Object.hasOwn(transport, 'createSocket')) {
        let endsMs = 0;
        (transport as WebSocketTransport).createSocket = (uri, protocols) =>
          new StreamedWebSocket(Class, uri, protocols, () =>
            clock.now() < endsMs
              ? undefined
              : new Promise((resolve) =>
                  turn(() => {
                    endsMs = clock.now() + SLICE_MS;
                    resolve();
                  }),
                ),
          );
      }
      return transport;
    },
  }),
});
