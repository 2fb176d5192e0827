import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { freePort, host, listen } from '../support/ports.js';

/** A server that speaks Engine.IO by hand, over both transports, and says whatever it is told to. */

export type Frame = string | Buffer;

/** One session of a client. */
export interface Voice {
  readonly transport: 'websocket' | 'polling';
  /** One frame; over polling, the body of an answer. */
  say(frame: Frame): void;
  /** What the client has said, engine packet by engine packet. */
  readonly heard: readonly string[];
  /** Over WebSocket: the connection, for who wants to know whether it takes anything. */
  readonly connection: NetSocket | undefined;
}

export interface Script {
  /** The handshake, word for word. */
  readonly handshake?: Frame;
  /** The client has asked to join the root namespace. */
  joining?(voice: Voice): void;
  /** It has said something else. */
  hears?(packet: string, voice: Voice): void;
  /** Takes a request before anybody else; whether it was its own. */
  request?(request: IncomingMessage, response: ServerResponse): boolean;
  upgrade?(request: IncomingMessage, connection: NetSocket): boolean;
}

export const times: { pingInterval: number; pingTimeout: number } = {
  pingInterval: 25_000,
  pingTimeout: 20_000,
};
export const sound: string = `0${JSON.stringify({ sid: 'villain', upgrades: [], ...times, maxPayload: 1e6 })}`;

export class Villain {
  readonly url: string;
  /** Requests of all kinds. */
  requests = 0;
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

  static async start(script: Script = {}): Promise<Villain> {
    const villain = new Villain(script, await freePort());
    await villain.#listen();
    return villain;
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
    const polls = this.#polls();
    this.#http.on('request', (request, response) => {
      this.requests += 1;
      if (!this.#script.request?.(request, response)) polls(request, response);
    });
    await listen(this.#http, this.#port);
  }

  #hear(voice: Voice & { heard: string[] }, packet: string): void {
    voice.heard.push(packet);
    if (/^40(?!\/)/.test(packet)) (this.#script.joining ?? join)(voice);
    else this.#script.hears?.(packet, voice);
  }

  #overWebSocket(socket: WebSocket, connection: NetSocket): void {
    socket.on('error', () => {});
    const voice = {
      transport: 'websocket',
      heard: [] as string[],
      connection,
      say: (frame: Frame) => socket.send(frame, () => {}),
    } as const;
    socket.on('message', (data) => this.#hear(voice, String(data)));
    voice.say(this.#script.handshake ?? sound);
  }

  /** One session after the other. */
  #polls(): (request: IncomingMessage, response: ServerResponse) => void {
    let waiting: ServerResponse | undefined;
    let bodies: Frame[] = [];
    let voice: Voice & { heard: string[] };
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
          for (const packet of Buffer.concat(parts).toString().split('\x1e')) this.#hear(voice, packet);
        });
      } else if (/[?&]sid=/.test(request.url ?? '')) {
        waiting = response;
        next();
      } else {
        bodies = [];
        voice = {
          transport: 'polling',
          heard: [],
          connection: undefined,
          say(frame) {
            bodies.push(frame);
            next();
          },
        };
        answer(response, this.#script.handshake ?? sound);
      }
    };
  }
}

export const join = (voice: Voice): void => voice.say('40{"sid":"a"}');
