/**
 * A stand-in for servers of the current protocol that were not written by the authors of Socket.IO: the real server, with the habits
 * that such servers were seen to have.
 */

import type { AnyApp } from './application.js';

export interface Habits {
  /** Whether the handshake tells the largest message. */
  readonly maxPayload?: boolean;
  /** How a namespace that does not exist is answered: with a bare string as servers of Socket.IO 2 do, or with an object. */
  readonly refusal?: 'text' | 'object';
  /** Whether an answer for a namespace goes out: at once, never, or after so many milliseconds. */
  readonly answers?: (nsp: string) => boolean | number;
  /** Events that it sends right behind the handshake, before CONNECT comes. */
  readonly beforeConnect?: readonly string[];
  /** Events that it sends when CONNECT has come, before it answers that. */
  readonly beforeAnswer?: readonly string[];
}

/** A connection of the server, as far as it is changed here. */
interface EngineSocket {
  write(data: unknown, ...rest: unknown[]): unknown;
  on(event: 'data', listener: (data: unknown) => void): unknown;
}

/** What went over one connection: `>` to the server, `<` to the client. */
export type Exchange = string[];

interface Engine {
  readonly opts: { maxHttpBufferSize?: number | undefined };
  on(event: 'connection', listener: (connection: EngineSocket) => void): unknown;
}

/** An answer to a CONNECT of another namespace than the root. */
const ANSWER = /^[04](\/[^,]*),/;

/** @returns what goes over each connection, oldest first */
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
