import { type ClientRequest, type IncomingMessage, request } from 'node:http';

/** The parts of XMLHttpRequest that long-polling needs, for Node: the events, states and errors of the standard. */
export class NodeXhr {
  readyState = 0;
  status = 0;
  responseURL = '';
  responseType = '';
  withCredentials = false;
  onreadystatechange: (() => void) | null = null;
  onprogress: ((event: { readonly loaded: number }) => void) | null = null;
  #request: ClientRequest | undefined;
  #answer: IncomingMessage | undefined;
  #read: Buffer = Buffer.alloc(0);
  #method = '';
  #url = '';
  readonly #headers: Record<string, string> = {};

  open(method: string, url: string): void {
    [this.#method, this.#url] = [method, new URL(url).href];
    this.#become(1);
  }

  setRequestHeader(name: string, value: string): void {
    if (/[\r\n]/.test(value)) throw new DOMException('not a header', 'SyntaxError');
    this.#headers[name] = value;
  }

  send(body: string | Uint8Array | null): void {
    const sent = request(this.#url, { method: this.#method, headers: this.#headers }, (answer) =>
      this.#take(answer),
    );
    this.#request = sent;
    sent.on('error', () => this.#fail());
    sent.end(body);
  }

  abort(): void {
    this.#request?.destroy();
    if (this.readyState > 0 && this.readyState < 4) this.#fail();
    this.readyState = 0;
  }

  getAllResponseHeaders(): string {
    const headers = this.readyState > 1 ? Object.entries(this.#answer?.headers ?? {}) : [];
    return headers.map(([name, value]) => `${name}: ${String(value)}\r\n`).join('');
  }

  getResponseHeader(name: string): never {
    throw new Error(`Refused to get unsafe header "${name}"`);
  }

  get responseText(): string {
    if (this.responseType !== '') throw new DOMException('not text', 'InvalidStateError');
    return this.#read.toString('utf8');
  }

  get response(): unknown {
    if (this.responseType === '') return this.responseText;
    return this.readyState === 4 ? new Uint8Array(this.#read).buffer : null;
  }

  #take(answer: IncomingMessage): void {
    const { location } = answer.headers;
    if (location) {
      this.#url = new URL(location, this.#url).href;
      this.send(null);
      return;
    }
    this.#answer = answer;
    this.status = answer.statusCode ?? 0;
    this.responseURL = this.#url;
    this.#become(2);
    answer.on('data', (chunk: Buffer) => {
      this.#read = Buffer.concat([this.#read, chunk]);
      this.#become(3);
      this.onprogress?.({ loaded: this.#read.length });
    });
    answer.on('error', () => this.#fail());
    answer.on('end', () => this.#become(4));
  }

  #fail(): void {
    if (this.readyState === 0 || this.readyState === 4) return;
    this.status = 0;
    this.#read = Buffer.alloc(0);
    this.#answer = undefined;
    this.#become(4);
  }

  #become(readyState: number): void {
    this.readyState = readyState;
    this.onreadystatechange?.();
  }
}
