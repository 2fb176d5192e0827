/**
 * Just enough of HTTP/1.1 to follow the requests on one kept-alive connection: the extent of a head, the length of its body, and
 * whether it requests a WebSocket. After an upgrade request the bytes are no longer HTTP.
 */

export type RequestKind = 'upgrade' | 'polling' | 'other';

export interface RequestHead {
  readonly method: string;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly kind: RequestKind;
}

/** A part of a connection: the head of a request with its raw bytes, or bytes that belong to it. */
export type RequestPiece =
  | { readonly type: 'head'; readonly head: RequestHead; readonly bytes: Buffer }
  | { readonly type: 'body'; readonly bytes: Buffer };

const endOfHead = '\r\n\r\n';
const maxHeadBytes = 64 * 1024;

export class RequestReader {
  #pending: Buffer = Buffer.alloc(0);
  #bodyBytesLeft = 0;

  /** Throws if the bytes are not HTTP/1.1, and for a chunked body, which no polling client sends. */
  read(chunk: Buffer): RequestPiece[] {
    const pieces: RequestPiece[] = [];
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length > 0) {
      if (this.#bodyBytesLeft > 0) {
        pieces.push({ type: 'body', bytes: this.#take(Math.min(this.#bodyBytesLeft, this.#pending.length)) });
        continue;
      }
      const end = this.#pending.indexOf(endOfHead);
      if (end < 0) {
        if (this.#pending.length > maxHeadBytes) throw new Error('The head of a request is too long.');
        break;
      }
      const bytes = this.#take(end + endOfHead.length);
      const head = parseHead(bytes.toString('latin1'));
      this.#bodyBytesLeft = head.kind === 'upgrade' ? Number.POSITIVE_INFINITY : bodyLength(head);
      pieces.push({ type: 'head', head, bytes });
    }
    return pieces;
  }

  #take(length: number): Buffer {
    const taken = this.#pending.subarray(0, length);
    this.#pending = this.#pending.subarray(length);
    if (this.#bodyBytesLeft > 0) this.#bodyBytesLeft -= length;
    return taken;
  }
}

export function parseHead(text: string): RequestHead {
  const [requestLine = '', ...lines] = text.slice(0, -endOfHead.length).split('\r\n');
  const match = /^([A-Z]+) (\S+) HTTP\/1\.[01]$/.exec(requestLine);
  if (match === null) throw new Error(`Not a request line: ${JSON.stringify(requestLine.slice(0, 80))}`);
  const [, method = '', url = ''] = match;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { method, url, headers, kind: kindOf(url, headers) };
}

function kindOf(url: string, headers: ReadonlyMap<string, string>): RequestKind {
  if (headers.get('upgrade')?.toLowerCase() === 'websocket') return 'upgrade';
  return /[?&]transport=polling(&|$)/.test(url) ? 'polling' : 'other';
}

function bodyLength(head: RequestHead): number {
  if (head.headers.has('transfer-encoding'))
    throw new Error('The fault proxy does not read chunked request bodies.');
  return Number(head.headers.get('content-length') ?? 0);
}
