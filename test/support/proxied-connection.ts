import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { Faults, RequestFault } from './faults.js';
import { FirstFrame } from './first-frame.js';
import { Flow } from './flow.js';
import { type RequestHead, RequestReader } from './http-head.js';
import { host } from './ports.js';

/** One connection of a client, and its connection to the server, which is opened with the first forwarded request. */

export interface ConnectionObserver {
  request(head: RequestHead): void;
  gone(): void;
}

export class ProxiedConnection {
  readonly #client: Socket;
  readonly #targetPort: number;
  readonly #faults: Faults;
  readonly #observer: ConnectionObserver;
  readonly #reader = new RequestReader();
  readonly #toServer: Flow;
  readonly #toClient: Flow;
  #server: Socket | undefined;
  /** The client's data after a delayed request. */
  #held: Buffer[] | undefined;
  #holdTimer: NodeJS.Timeout | undefined;
  /** The only part of the server's data that passes. */
  #admitted: FirstFrame | undefined;
  /** The client's next data resets the connection. */
  #cutAtNext = false;
  /** After a swallowed, refused or silenced request nothing of this connection is forwarded. */
  #ignoring = false;
  /** From then on nothing passes, not even the end of one side. */
  #stranded = false;
  #gone = false;
  #upgraded = false;

  constructor(client: Socket, targetPort: number, faults: Faults, observer: ConnectionObserver) {
    this.#client = client;
    this.#targetPort = targetPort;
    this.#faults = faults;
    this.#observer = observer;
    this.#toServer = new Flow(faults.wires['to-server'], {
      deliver: (bytes) => this.#read(bytes),
      end: () => {
        if (!this.#stranded) (this.#server ?? client).end();
      },
      gone: (byReset) => this.#clientGone(byReset),
      cut: () => this.cut(),
      rest: (resting) => (resting ? client.pause() : client.resume()),
    });
    this.#toClient = new Flow(faults.wires['to-client'], {
      deliver: (bytes) => {
        if (!this.#stranded) client.write(this.#admitted?.admit(bytes) ?? bytes);
      },
      end: () => {
        if (!this.#stranded) client.end();
      },
      gone: (byReset) => {
        if (!this.#stranded) close(client, byReset);
      },
      cut: () => this.cut(),
      rest: (resting) => (resting ? this.#server?.pause() : this.#server?.resume()),
    });
    connectFlow(client, this.#toServer, () => this.#finishIfOver());
  }

  /** Whether its last request was for a WebSocket. */
  get upgraded(): boolean {
    return this.#upgraded;
  }

  /** A TCP reset on both sides, now. */
  cut(): void {
    this.#server?.resetAndDestroy();
    this.#client.resetAndDestroy();
    this.#finish();
  }

  /** Delivers nothing any more, in either direction, and notifies neither side. */
  strand(): void {
    this.#stranded = true;
  }

  #clientGone(byReset: boolean): void {
    if (this.#stranded) return;
    if (this.#server === undefined) this.#finish();
    else close(this.#server, byReset);
  }

  #finishIfOver(): void {
    if (this.#client.destroyed && this.#server?.destroyed === true) this.#finish();
  }

  #finish(): void {
    if (this.#gone) return;
    this.#gone = true;
    clearTimeout(this.#holdTimer);
    this.#toServer.close();
    this.#toClient.close();
    this.#observer.gone();
  }

  #read(bytes: Buffer): void {
    if (this.#cutAtNext) this.cut();
    if (this.#ignoring || this.#stranded) return;
    try {
      for (const piece of this.#reader.read(bytes)) {
        if (this.#ignoring) return;
        if (piece.type === 'head') this.#request(piece.head, piece.bytes);
        else this.#pass(piece.bytes);
      }
    } catch {
      this.cut();
    }
  }

  #request(head: RequestHead, bytes: Buffer): void {
    this.#observer.request(head);
    this.#upgraded = head.kind === 'upgrade';
    const fault = this.#faults.faultFor(head);
    if (fault === undefined) this.#pass(bytes);
    else this.#spoil(fault, head, bytes);
  }

  #spoil(fault: RequestFault, head: RequestHead, bytes: Buffer): void {
    switch (fault.type) {
      case 'hold':
        this.#held = [bytes];
        this.#holdTimer = setTimeout(() => this.#release(), fault.ms);
        return;
      case 'reset':
        this.cut();
        return;
      case 'swallow':
        break;
      case 'refuse':
        this.#toClient.push(refusal(fault.status, fault.body));
        this.#toClient.say('end');
        break;
      case 'handshakeOnly':
        this.#pass(bytes);
        this.#admitted = new FirstFrame();
        this.#cutAtNext = fault.then === 'reset';
        break;
      case 'silence':
        this.#toClient.push(switchingProtocols(head));
        break;
    }
    this.#ignoring = true;
  }

  #release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const bytes of held) this.#pass(bytes);
  }

  #pass(bytes: Buffer): void {
    if (this.#held !== undefined) {
      this.#held.push(bytes);
      return;
    }
    this.#server ??= this.#connectToServer();
    this.#server.write(bytes);
  }

  #connectToServer(): Socket {
    const server = connect({ port: this.#targetPort, host, allowHalfOpen: true });
    connectFlow(server, this.#toClient, () => this.#finishIfOver());
    return server;
  }
}

/** Passes everything from the socket, including its end, into the flow. */
function connectFlow(socket: Socket, flow: Flow, closed: () => void): void {
  socket.setNoDelay(true);
  socket.on('data', (bytes) => flow.push(bytes));
  socket.on('end', () => flow.say('end'));
  // Node emits 'close' after every 'error'.
  socket.on('error', () => {});
  socket.on('close', (byReset) => {
    flow.say(byReset ? 'reset' : 'closed');
    closed();
  });
}

function close(socket: Socket, byReset: boolean): void {
  if (byReset) socket.resetAndDestroy();
  else socket.destroySoon();
}

function refusal(status: number, body: string): Buffer {
  return Buffer.from(
    [
      `HTTP/1.1 ${status} Refused`,
      'Content-Type: text/plain',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

/** RFC 6455, 4.2.2: the server proves that it has read the key. */
function switchingProtocols(head: RequestHead): Buffer {
  const key = head.headers.get('sec-websocket-key') ?? '';
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  return Buffer.from(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${accept}`,
      '',
      '',
    ].join('\r\n'),
  );
}
