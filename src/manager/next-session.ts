/** Derives the next session from the options of a manager: its settings, and the classes of its transports. */
import { type Address, parseQuery } from '../platform/address.js';
import { DEVELOPMENT } from '../platform/build.js';
import { DEFAULTS } from '../platform/defaults.js';
import { HoldfastError } from '../platform/errors.js';
import type { Options, TransportConstructor } from '../platform/options.js';
import { warnOnce } from '../platform/report.js';
import { show } from '../platform/show.js';
import { websocket } from '../session/transports/builtin.js';

/** Transports by name, each as a function of the program's options. */
interface Available {
  readonly [name: string]: (options: Options) => TransportConstructor;
}

/** The transport that every program has. */
const BUILTIN: Available = { websocket: () => websocket };

/**
 * The classes that `transports` lists, by name.
 *
 * @throws HoldfastError `BAD_OPTION` if none of them is available
 */
export function transportClasses(
  options: Options,
  plugins: readonly { readonly transports?: object | undefined }[],
): Record<string, TransportConstructor> {
  const listed = options.transportImplementations ?? options.transports ?? DEFAULTS.transports;
  const known: Available = Object.assign({}, BUILTIN, ...plugins.map(({ transports }) => transports));
  const classes: Record<string, TransportConstructor> = {};
  for (const entry of listed) {
    if (typeof entry === 'function') classes[entry.prototype.name] = entry;
    else if (known[entry]) classes[entry] = known[entry](options);
    // The library's own list covers most programs.
    else if (DEVELOPMENT && listed !== DEFAULTS.transports) {
      const text = `option "transports": ${show(entry)} is skipped, because this program does not contain it`;
      warnOnce(`transport ${entry}`, `holdfast: ${text}; ${remedyFor(entry)}`);
    }
  }
  if (Object.keys(classes).length === 0) {
    throw new HoldfastError(
      'BAD_OPTION',
      `option "transports" is ${show(listed)}, none of which is available${DEVELOPMENT ? `; ${remedyFor(listed[0])}` : ''}`,
    );
  }
  return classes;
}

/** How a program adds a transport that it has listed. */
function remedyFor(transport: unknown): string {
  const plugin = { polling: 'longPolling', webtransport: 'webTransport' }[`${transport}`];
  const add = plugin ? `add the plugin ${plugin}() of "holdfast/plugins", or ` : '';
  return `${add}list the class of a transport`;
}

/** The options of a session, as programs and transports see them. */
export function sessionOptions(
  options: Options,
  { hostname, port, secure, query }: Address,
  path: string,
): object {
  const { query: given, transportOptions } = options;
  return {
    ...DEFAULTS,
    ...options,
    // engine.io-client adds the brackets of an IPv6 address.
    hostname: hostname.replace(/[[\]]/g, ''),
    port,
    secure,
    path,
    // As with the official client, a query in the address replaces that of the options.
    query: query || typeof given === 'string' ? parseQuery(query || `${given}`) : { ...given },
    transportOptions: { ...transportOptions },
  };
}
