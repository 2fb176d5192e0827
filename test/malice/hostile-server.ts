import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { freePort, host, listen } from '../support/ports.js';

/** A server that implements Engine.IO by hand, over both transports, and sends whatever a test wants. */

export type Frame = string | Buffer;

/** One session of a client. */
export interface HostileSession {
  readonly transport: 'websocket' | 'polling';
  /** Sends one frame; over polling, the body of a response. */
  send(frame: Frame): void;
  /** The engine packets received from the client. */
  readonly received: readonly string[];
  /** Over WebSocket: the connection, for tests that control its flow. */
  readonly connection: NetSocket | undefined;
}

export interface Script {
  /** The handshake, verbatim; with several, one for each session, and the last one from then on. */
  readonly handshake?: Frame | readonly Frame[];
  /** Called when the client asks to join the root namespace. */
  onConnect?(session: HostileSession): void;
  /** Called for every other packet. */
  onPacket?(packet: string, session: HostileSession): void;
  /** Handles a request first; returns whether it did. */
  request?(request: IncomingMessage, response: ServerResponse): boolean;
  upgrade?(request: IncomingMessage, connection: NetSocket): boolean;
}

export const times: { pingInterval: number; pingTimeout: number } = {
  pingInterval: 25_000,
  pingTimeout: 20_000,
};
export const validHandshake: string = `0${JSON.stringify({ sid: 'hostile', upgrades: [], ...times, maxPayload: 1e6 })}`;

export class HostileServer {
  readonly url: string;
  /** Requests of all kinds. */
  requests = 0;
  #sessions = 0;
  readonly #port: number;
  readonly #script: Script;
  readonly #http: Server = createServer({ maxHeaderSize: 8 * 2 ** 20 });
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly #connections = new Set<NetSocket>();

  private constructor(script: Script, port: number) {
    this.#script = script;
    this.#port = port;
    this.url = `http://${host}:${port}`;
  }

  static async start(script: Script = {}): Promise<HostileServer> {
    const server = new HostileServer(script, await freePort());
    await server.#listen();
    return server;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#http.close(resolve));
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  async #listen(): Promise<void> {
    this.#http.on('connection', (connection) => {
      this.#connections.add(connection);
      connection.on('error', () => {});
      connection.once('close', () => this.#connections.delete(connection));
    });
    this.#http.on('upgrade', (request, connection, head) => {
      this.requests += 1;
      if (this.#script.upgrade?.(request, connection as NetSocket)) return;
      this.#sockets.handleUpgrade(request, connection, head, (socket) =>
        this.#overWebSocket(socket, connection as NetSocket),
      );
    });
    const handlePolling = this.#pollingHandler();
    this.#http.on('request', (request, response) => {
      this.requests += 1;
      if (!this.#script.request?.(request, response)) handlePolling(request, response);
    });
    await listen(this.#http, this.#port);
  }

  #receive(session: HostileSession & { received: string[] }, packet: string): void {
    session.received.push(packet);
    if (/^40(?!\/)/.test(packet)) (this.#script.onConnect ?? accept)(session);
    else this.#script.onPacket?.(packet, session);
  }

  #overWebSocket(socket: WebSocket, connection: NetSocket): void {
    socket.on('error', () => {});
    const session = {
      transport: 'websocket',
      received: [] as string[],
      connection,
      send: (frame: Frame) => socket.send(frame, () => {}),
    } as const;
    socket.on('message', (data) => this.#receive(session, String(data)));
    session.send(this.#handshake());
  }

  #handshake(): Frame {
    const { handshake = validHandshake } = this.#script;
    if (typeof handshake === 'string' || Buffer.isBuffer(handshake)) return handshake;
    return handshake[Math.min(this.#sessions++, handshake.length - 1)] ?? '';
  }

  /** Serves one polling session at a time. */
  #pollingHandler(): (request: IncomingMessage, response: ServerResponse) => void {
    let waiting: ServerResponse | undefined;
    let bodies: Frame[] = [];
    let session: HostileSession & { received: string[] };
    const answer = (response: ServerResponse, body: Frame): void => {
      const type = typeof body === 'string' ? 'text/plain; charset=UTF-8' : 'application/octet-stream';
      response.writeHead(200, { 'content-type': type }).end(body);
    };
    const next = (): void => {
      const body = bodies[0];
      if (!waiting || body === undefined) return;
      bodies.shift();
      answer(waiting, body);
      waiting = undefined;
    };
    return (request, response) => {
      if (request.method === 'POST') {
        const parts: Buffer[] = [];
        request.on('data', (part: Buffer) => parts.push(part));
        request.on('error', () => {});
        request.once('end', () => {
          answer(response, 'ok');
          for (const packet of Buffer.concat(parts).toString().split('\x1e')) this.#receive(session, packet);
        });
      } else if (/[?&]sid=/.test(request.url ?? '')) {
        waiting = response;
        next();
      } else {
        bodies = [];
        session = {
          transport: 'polling',
          received: [],
          connection: undefined,
          send(frame) {
            bodies.push(frame);
            next();
          },
        };
        answer(response, this.#handshake());
      }
    };
  }
}

export const accept = (session: HostileSession): void => session.send('40{"sid":"a"}');
