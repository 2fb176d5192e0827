/**
 * Imitates servers of the current protocol that were not written by the authors of Socket.IO: the real server, with the observed
 * behaviour of such servers.
 */

import type { AnyApp } from './application.js';

export interface Habits {
  /** Whether the handshake has `maxPayload`. */
  readonly maxPayload?: boolean;
  /** The answer for a namespace that does not exist: a bare string, like servers of Socket.IO 2, or an object. */
  readonly refusal?: 'text' | 'object';
  /** When the answer for a namespace is sent: at once, never, or after this many milliseconds. */
  readonly answers?: (nsp: string) => boolean | number;
  /** Events that it sends right after the handshake, before CONNECT arrives. */
  readonly beforeConnect?: readonly string[];
  /** Events that it sends between CONNECT and its answer. */
  readonly beforeAnswer?: readonly string[];
}

/** The members of a server connection that are changed here. */
interface EngineSocket {
  write(data: unknown, ...rest: unknown[]): unknown;
  on(event: 'data', listener: (data: unknown) => void): unknown;
}

/** The traffic of one connection: `>` to the server, `<` to the client. */
export type Exchange = string[];

interface Engine {
  readonly opts: { maxHttpBufferSize?: number | undefined };
  on(event: 'connection', listener: (connection: EngineSocket) => void): unknown;
}

/** An answer to the CONNECT of a namespace other than the root. */
const ANSWER = /^[04](\/[^,]*),/;

/** @returns the traffic of each connection, oldest first */
export function makeForeign(app: AnyApp, habits: Habits): Exchange[] {
  const {
    maxPayload = false,
    refusal = 'text',
    answers = () => true,
    beforeConnect = [],
    beforeAnswer = [],
  } = habits;
  const engine = app.engine as unknown as Engine;
  const exchanges: Exchange[] = [];
  if (!maxPayload) engine.opts.maxHttpBufferSize = undefined;
  engine.on('connection', (connection) => {
    const exchange: Exchange = [];
    exchanges.push(exchange);
    const { write } = connection;
    const send = (data: unknown, ...rest: unknown[]): void => {
      exchange.push(`< ${data}`);
      write.call(connection, data, ...rest);
    };
    connection.write = (data, ...rest) => {
      const text = typeof data === 'string' ? data : '';
      const nsp = ANSWER.exec(text)?.[1];
      if (text.startsWith('0{')) for (const event of beforeAnswer) send(event);
      const goes = nsp === undefined || answers(nsp);
      const said =
        refusal === 'text' ? text.replace(/\{"message":"Invalid namespace"\}$/, '"Invalid namespace"') : text;
      const answer = (): void => send(text === '' ? data : said, ...rest);
      if (goes === true) answer();
      else if (goes !== false) setTimeout(answer, goes);
      return connection;
    };
    connection.on('data', (data) => exchange.push(`> ${data}`));
    for (const event of beforeConnect) send(event);
  });
  return exchanges;
}
