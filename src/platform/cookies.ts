/**
 * The cookies of one connection in Node, which stores none by itself: load balancers set one to route a session's requests. Names, values
 * and expiry are kept; path, domain and flags are not, since all requests go to one place.
 */

interface Cookie {
  readonly value: string;
  /** Milliseconds since 1970; `undefined` for the life of the connection. */
  readonly endMs: number | undefined;
}

// RFC 6265, 6.1: the limits that a client should support.
const MAX_COOKIES = 50;
const MAX_LENGTH = 4_096;

export class CookieJar {
  readonly #cookies = new Map<string, Cookie>();
  readonly #dateMs: () => number;

  constructor(dateMs: () => number = () => Date.now()) {
    this.#dateMs = dateMs;
  }

  /** The unexpired ones, the oldest first. engine.io-client's WebSocket transport reads them here. */
  get cookies(): ReadonlyMap<string, { readonly value: string }> {
    for (const [name, { endMs }] of this.#cookies) {
      if (endMs !== undefined && endMs <= this.#dateMs()) this.#cookies.delete(name);
    }
    return this.#cookies;
  }

  /** Adds the cookies to the headers of a request, after those that the program sends itself. */
  appendTo(headers: Record<string, string>): void {
    const pairs: string[] = [];
    for (const [name, { value }] of this.cookies) pairs.push(`${name}=${value}`);
    if (pairs.length === 0) return;
    const key = Object.keys(headers).find((name) => name.toLowerCase() === 'cookie') ?? 'cookie';
    headers[key] = (headers[key] ? [headers[key], ...pairs] : pairs).join('; ');
  }

  /** Reads the lines of `Set-Cookie`, one per cookie. */
  take(setCookieLines: readonly string[]): void {
    for (const line of setCookieLines) this.#take(line);
  }

  /** RFC 6265, 5.2. */
  #take(line: string): void {
    const [pair = '', ...attributes] = line.split(';');
    const middle = pair.indexOf('=');
    const name = pair.slice(0, middle).trim();
    const value = pair.slice(middle + 1).trim();
    if (middle < 1 || name === '' || name.length + value.length > MAX_LENGTH) return;
    const endMs = endOf(attributes, this.#dateMs());
    // A cookie that is set again becomes the newest.
    this.#cookies.delete(name);
    if (endMs !== undefined && endMs <= this.#dateMs()) return;
    this.#cookies.set(name, { value, endMs });
    for (const oldest of this.#cookies.keys()) {
      if (this.#cookies.size <= MAX_COOKIES) break;
      this.#cookies.delete(oldest);
    }
  }

  // Under the names that engine.io-client's own transports for Node call.

  appendCookies(headers: Headers): void {
    const own: Record<string, string> = {};
    this.appendTo(own);
    for (const name of Object.keys(own)) headers.append(name, own[name] ?? '');
  }

  addCookies(request: {
    setDisableHeaderCheck(disable: boolean): void;
    setRequestHeader(name: string, value: string): void;
  }): void {
    const own: Record<string, string> = {};
    this.appendTo(own);
    request.setDisableHeaderCheck(true);
    for (const name of Object.keys(own)) request.setRequestHeader(name, own[name] ?? '');
  }

  parseCookies(lines: readonly string[] | null | undefined): void {
    if (lines) this.take(lines);
  }
}

/** `Max-Age`, in seconds, takes precedence over `Expires`. An unreadable value counts as absent. */
function endOf(attributes: readonly string[], nowMs: number): number | undefined {
  let endMs: number | undefined;
  let aged = false;
  for (const attribute of attributes) {
    const [, name = '', value = ''] = /^\s*([^=\s]*)\s*=?\s*(.*?)\s*$/.exec(attribute) ?? [];
    if (/^max-age$/i.test(name) && /^-?\d+$/.test(value)) {
      aged = true;
      endMs = nowMs + Number(value) * 1_000;
    } else if (/^expires$/i.test(name) && !aged) {
      const dateMs = Date.parse(value);
      if (!Number.isNaN(dateMs)) endMs = dateMs;
    }
  }
  return endMs;
}
