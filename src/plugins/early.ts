/**
 * @packageDocumentation Takes over the WebSocket that a snippet in the page's head opened while the bundle was loading, and creates the text of that snippet.
 */
import type { Plugin } from '../manager/plugin.js';
import { parseAddress, parseQuery } from '../platform/address.js';
import { attempt } from '../platform/attempt.js';
import { DEVELOPMENT } from '../platform/build.js';
import { EARLY_TEXT } from '../platform/early-text.js';
import { HoldfastError } from '../platform/errors.js';
import { warnOfUnknown } from '../platform/misspelt.js';
import { warnOnce } from '../platform/report.js';
import { show } from '../platform/show.js';
import { isRecord } from '../protocol/packet.js';
import { awaitJoin, type EarlyTransport } from './early-join.js';
import { adopt, earlySocket } from './early-socket.js';

/** What `early` takes. */
export interface EarlyPluginOptions {
  /**
   * Also sends CONNECT ahead where no snippet can: over WebTransport, together with the first packet of the manager's first connection, which
   * saves a round trip. For the namespace that is first to connect: `true`, or the object that `io()` gets as `auth`.
   * @defaultValue false
   */
  readonly join?: boolean | Readonly<Record<string, unknown>> | undefined;
}

/**
 * A plugin: `io(url, { plugins: [early()] })`. The page's first connection uses the WebSocket that the snippet opened; if address, path,
 * query or sub-protocol differ, that one is closed and a new one is opened. Without the snippet, and without `join`, nothing changes.
 *
 * @throws HoldfastError `BAD_OPTION` for another value of `join`, in the development build
 */
export function early(options: EarlyPluginOptions = {}): Plugin {
  if (DEVELOPMENT) {
    warnOfUnknown('early()', options, 'join');
    const { join = false } = options;
    if (typeof join !== 'boolean' && !isRecord(join))
      throw new HoldfastError(
        'BAD_OPTION',
        `option "join" is ${show(join)}; accepted: true, false or an object`,
      );
  }
  return {
    ...earlySocket,
    identity: options,
    manager(manager) {
      const {
        _connection: connection,
        _environment: { clock },
      } = manager;
      let { join } = options;
      return {
        // Later packets CONNECT also say which session they recover.
        used() {
          join = false;
          return undefined;
        },
        transport(_name, create) {
          const transport = create() as EarlyTransport;
          const { _put: put } = transport;
          // The first packet of WebTransport, unless it is for an upgrade.
          if (put && !transport.query.sid)
            transport._put = (packets, done) => {
              transport._put = put;
              const [nsp] = connection._namespaces.keys();
              // An object that cannot be sent is the program's own failure when it joins.
              const text = join && nsp && attempt(() => connectPacket(nsp, join as true | object));
              if (text) {
                packets = [...packets, { type: 'message', data: text.slice(1) }];
                // The stream may end while what came before is being delivered.
                const { _ended: ended, _failed: failed } = transport;
                transport._ended = async () => {
                  await transport._delivered;
                  ended?.call(transport);
                };
                transport._failed = async (cause) => {
                  await transport._delivered;
                  failed?.call(transport, cause);
                };
                awaitJoin(manager, transport, [text, clock.now()], () => {
                  join = false;
                  transport.close();
                  if (DEVELOPMENT)
                    warnOnce(
                      'early join',
                      'holdfast: the connection is opened anew, because io() joins otherwise than early({ join }) did: namespace and auth must match',
                    );
                });
              }
              put.call(transport, packets, done);
            };
          adopt(manager, transport);
          return transport;
        },
      };
    },
  };
}

/** The options of the snippet, with the names and meanings of those of `io`. */
export interface EarlyOptions {
  /** @defaultValue "/socket.io" */
  readonly path?: string | undefined;
  readonly query?: string | Readonly<Record<string, unknown>> | undefined;
  readonly protocols?: string | readonly string[] | undefined;
  /**
   * Also joins the namespace of the address, so that `connect` needs no further round trip: `true`, or the object that `io()` gets as `auth`.
   * @defaultValue false
   */
  readonly join?: boolean | Readonly<Record<string, unknown>> | undefined;
}

/**
 * The text of the snippet, for a `<script>` in the page's head.
 *
 * @param address an http or https URL, as for `io`; without one, the page's own server
 * @throws HoldfastError `BAD_ADDRESS`
 */
export function snippet(address?: string, { path, query = '', protocols, join }: EarlyOptions = {}): string {
  const whole = address ?? 'http://page';
  const url = attempt(() => new URL(whole));
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
    join ? connectPacket(parseAddress(whole).namespace, join) : undefined,
  ];
  while (given.length > 0 && given[given.length - 1] === undefined) given.pop();
  // In a page, this would end the script.
  const args = given.map((one) =>
    one === undefined ? 'void 0' : JSON.stringify(one).replace(/</g, '\\u003c'),
  );
  return `${EARLY_TEXT}(${args})`;
}

/** The packet CONNECT as text, with the type of the Engine.IO packet around it (Socket.IO v5, "Connection to a namespace"). */
const connectPacket = (namespace: string, join: true | object): string =>
  `40${namespace === '/' ? '' : `${namespace},`}${join === true ? '' : JSON.stringify(join)}`;
