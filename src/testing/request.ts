/** The request that opens a session, and the response for middlewares of the engine. */

/** The members of the opening request that handlers read. */
export interface TestRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connection: { readonly remoteAddress: string; readonly encrypted: boolean };
  /** The same as `connection`. */
  readonly socket: { readonly remoteAddress: string; readonly encrypted: boolean };
  readonly _query: Readonly<Record<string, string>>;
}

export function queryOf(url: string): Record<string, string> {
  return Object.fromEntries(new URL(url, 'http://localhost').searchParams);
}

export function requestOf(
  url: string,
  headers: Readonly<Record<string, string>>,
  method: string = 'GET',
): TestRequest {
  const { pathname, search, host, protocol } = new URL(url, 'http://localhost');
  const connection = { remoteAddress: '127.0.0.1', encrypted: /^(https|wss):/.test(protocol) };
  return {
    method,
    url: pathname + search,
    headers: { host, ...headers },
    connection,
    socket: connection,
    _query: queryOf(url),
  };
}

/** The members of an HTTP response that middlewares use. There is no HTTP in memory: only its status, and whether it was ended, matter. */
export class TestResponse {
  statusCode = 200;
  headersSent = false;
  writableEnded = false;
  readonly _headers: Record<string, string> = {};
  private _body = '';

  constructor(private readonly _ended: (status: number, body: string) => void) {}

  setHeader(name: string, value: unknown): this {
    this._headers[name.toLowerCase()] = String(value);
    return this;
  }

  getHeader(name: string): string | undefined {
    return this._headers[name.toLowerCase()];
  }

  hasHeader(name: string): boolean {
    return name.toLowerCase() in this._headers;
  }

  removeHeader(name: string): void {
    delete this._headers[name.toLowerCase()];
  }

  writeHead(status: number, ...more: unknown[]): this {
    this.statusCode = status;
    this.headersSent = true;
    const headers = more[more.length - 1];
    if (typeof headers === 'object')
      for (const [name, value] of Object.entries(headers ?? {})) this.setHeader(name, value);
    return this;
  }

  write(chunk: unknown): boolean {
    this._body += String(chunk);
    return true;
  }

  end(chunk: unknown = ''): this {
    if (this.writableEnded) return this;
    this.writableEnded = true;
    this.headersSent = true;
    if (typeof chunk !== 'function') this._body += String(chunk);
    this._ended(this.statusCode, this._body);
    return this;
  }
}
