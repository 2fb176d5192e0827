/** A fake of the browser's WebSocket that the test controls, below the real transport of engine.io-client. */
export class FakeWebSocket {
  /** All created WebSockets, in order. */
  static made: FakeWebSocket[] = [];
  /** The time of the events, in milliseconds. */
  static now: () => number = () => 0;

  readonly url: string;
  readonly protocols: unknown;
  binaryType = 'blob';
  readyState = 0;
  readonly bufferedAmount = 0;
  readonly sent: unknown[] = [];
  onopen?: (event: object) => void;
  onmessage?: (event: object) => void;
  onerror?: (event: object) => void;
  onclose?: (event: object) => void;

  constructor(url: string, protocols?: unknown) {
    this.url = new URL(url).href;
    this.protocols = protocols;
    FakeWebSocket.made.push(this);
  }

  static get last(): FakeWebSocket {
    return FakeWebSocket.made.at(-1) as FakeWebSocket;
  }

  send(data: unknown): void {
    if (this.readyState < 1) throw new DOMException('not open', 'InvalidStateError');
    // A WebSocket that is closing discards what it gets.
    if (this.readyState === 1) this.sent.push(data);
  }

  close(): void {
    if (this.readyState < 2) this.readyState = 2;
  }

  #tell(type: 'open' | 'message' | 'error' | 'close', more: object = {}): void {
    this[`on${type}`]?.({ type, timeStamp: FakeWebSocket.now(), ...more });
  }

  opens(): void {
    this.readyState = 1;
    this.#tell('open');
  }

  gives(...messages: unknown[]): void {
    for (const data of messages) this.#tell('message', { data });
  }

  /** Opens, and delivers the server's handshake. */
  shakes(handshake: object = {}): void {
    this.opens();
    const standard = { sid: 'engine1', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000 };
    this.gives(`0${JSON.stringify({ ...standard, ...handshake })}`);
  }

  fails(): void {
    this.readyState = 3;
    this.#tell('error');
    this.#tell('close', { code: 1006 });
  }

  /** The connection is lost. */
  ends(): void {
    this.readyState = 3;
    this.#tell('close', { code: 1006 });
  }
}
