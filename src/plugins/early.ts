/**
 * @packageDocumentation Takes over the WebSocket that a snippet in the page's head opened while the bundle was loading, and creates the text of that snippet.
 */
import type { Plugin } from '../manager/plugin.js';
import { parseQuery } from '../platform/address.js';
import { attempt } from '../platform/attempt.js';
import { DEVELOPMENT } from '../platform/build.js';
import { type EarlySocket, takeEarly } from '../platform/early.js';
import { EARLY_TEXT } from '../platform/early-text.js';
import { HoldfastError } from '../platform/errors.js';
import { warnOnce } from '../platform/report.js';
import { show } from '../platform/show.js';
import type { Transport } from '../session/transports/transport.js';
import type { SocketHooks } from '../socket/hooks.js';

/** `WebSocket.readyState` */
const OPEN = 1;

/** The protected members of engine.io-client's WebSocket transport. */
interface WebSocketTransport extends Transport {
  readonly opts: {
    readonly protocols?: string | readonly string[];
    readonly timestampRequests?: boolean;
    readonly timestampParam: string;
  };
  _aheadMs?: number;
  uri?(): string;
  doOpen(): void;
  createSocket(): unknown;
}

/** The address with its query sorted; without `omitted`, the parameter that prevents caching. */
function canonical(text: string, omitted = ''): string {
  const url = new URL(text);
  url.searchParams.delete(omitted);
  url.searchParams.sort();
  return url.href;
}

/** Whether the transport would open the same WebSocket. */
function fits(transport: WebSocketTransport, [socket, protocols = '']: EarlySocket): boolean {
  const { protocols: wanted = '', timestampRequests, timestampParam } = transport.opts;
  return (
    `${wanted}` === `${protocols}` &&
    attempt(() => canonical(`${transport.uri?.()}`, timestampRequests ? timestampParam : '')) ===
      canonical(socket.url)
  );
}

function refuse([socket]: EarlySocket): void {
  socket.close();
  if (DEVELOPMENT) {
    const { origin, pathname } = new URL(socket.url);
    warnOnce(
      'early',
      `holdfast: the early WebSocket (${origin}${pathname}) is closed, because io() uses other options: address, path, query and sub-protocol must match, and WebSocket must be the first transport`,
    );
  }
}

/** Closes the early WebSocket once a socket is connected in another way, for instance through another tab. */
const SOCKET_HOOKS: SocketHooks = {
  connected() {
    takeEarly()?.[0].close();
    return undefined;
  },
};

/**
 * A plugin: `io(url, { plugins: [early()] })`. The page's first connection uses the WebSocket that the snippet opened; if address, path,
 * query or sub-protocol differ, that one is closed and a new one is opened. Without the snippet, nothing changes.
 */
export const early = (): Plugin => ({
  name: 'early',
  manager: ({ _environment }) => ({
    transport(_name, create) {
      const transport = create() as WebSocketTransport;
      const taken = takeEarly();
      if (!taken) return transport;
      const [socket, , startedAtMs, events] = taken;
      const [first] = events;
      if (!fits(transport, taken)) refuse(taken);
      // A WebSocket that was open and was lost says nothing about the next one.
      else if (socket.readyState <= OPEN || first?.type !== 'message') {
        const { doOpen } = transport;
        transport._aheadMs = (first?.timeStamp ?? _environment.clock.now()) - startedAtMs;
        transport.createSocket = () => socket;
        transport.doOpen = () => {
          doOpen.call(transport);
          if (socket.readyState === OPEN) (socket.onopen as () => void)();
          for (const event of events) {
            (socket as unknown as Record<string, (event: Event) => void>)[`on${event.type}`]?.(event);
          }
        };
      }
      return transport;
    },
  }),
  socket: () => SOCKET_HOOKS,
});

/** The options of the snippet, with the names and meanings of those of `io`. */
export interface EarlyOptions {
  /** @defaultValue "/socket.io" */
  readonly path?: string | undefined;
  readonly query?: string | Readonly<Record<string, unknown>> | undefined;
  readonly protocols?: string | readonly string[] | undefined;
}

/**
 * The text of the snippet, for a `<script>` in the page's head.
 *
 * @param address an http or https URL, as for `io`; without one, the page's own server
 * @throws HoldfastError `BAD_ADDRESS`
 */
export function snippet(address?: string, { path, query = '', protocols }: EarlyOptions = {}): string {
  const url = attempt(() => new URL(address ?? 'http://page'));
  if (!url || !/^http/.test(url.protocol)) {
    throw new HoldfastError(
      'BAD_ADDRESS',
      `${show(address)} is not an address${DEVELOPMENT ? '; accepted: an http or https URL' : ''}`,
    );
  }
  const text = url.search || query;
  const more = `${new URLSearchParams((typeof text === 'string' ? parseQuery(text) : text) as Record<string, string>)}`;
  const given = [
    address === undefined ? undefined : url.origin,
    // The path `/` is an empty one.
    path ? path.replace(/\/$/, '') : undefined,
    more ? `&${more}` : undefined,
    protocols?.length ? protocols : undefined,
  ];
  while (given.length > 0 && given[given.length - 1] === undefined) given.pop();
  // In a page, this would end the script.
  const args = given.map((one) =>
    one === undefined ? 'void 0' : JSON.stringify(one).replace(/</g, '\\u003c'),
  );
  return `${EARLY_TEXT}(${args})`;
}
