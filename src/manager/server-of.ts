/** Where a manager's connection leads. */
import { type Address, parseAddress } from '../platform/address.js';
import { pageLocation } from '../platform/environment.js';
import type { Options } from '../platform/options.js';

/** The server's address: the given one, or one made of the options `hostname`, `port` and `secure` and the page. */
export function serverOf(uri: string | undefined, options: Options): Address {
  const page = pageLocation();
  if (uri !== undefined) return parseAddress(uri, page);
  const { host, hostname = host, port = '', secure = page?.protocol === 'https:' } = options;
  const name = hostname || (port ? page?.hostname : page?.host) || 'localhost';
  // The brackets of an IPv6 address may be missing.
  const bracketed = /^[^[]*:[^[]*:/.test(name) ? `[${name}]` : name;
  return parseAddress(`http${secure ? 's' : ''}://${bracketed}:${port}`, page);
}
