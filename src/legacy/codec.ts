import type { Codec } from '../protocol/codec.js';
import { CONNECT, CONNECT_ERROR, DISCONNECT, type Packet } from '../protocol/packet.js';

/** A packet that the server did not send, for its generation leaves it out. */
export class Implied {
  constructor(readonly packet: Packet) {}
}

/** What comes for the root namespace before the program has asked for it; more than this is forgotten. */
const MAX_EARLY = 1_000;

/**
 * The Socket.IO protocol of 1.x and 2.x, as far as it differs: the root namespace is joined without being asked for, an
 * answer to CONNECT has no sid, `auth` travels as the query of the namespace, an error is any JSON value.
 *
 * @param id the engine's
 * @param receive gives a chunk back to `decode`
 */
export function legacyCodec(inner: Codec, id: string, receive: (chunk: unknown) => void): Codec {
  /** Whether the program has asked for the root namespace; and whether it has left it: then it has to ask the server. */
  let root: 'implicit' | 'wanted' | 'left' = 'implicit';
  let early: Packet[] = [];

  const take = (packet: Packet, deliver: (packet: Packet) => void): void => {
    if (packet.nsp !== '/' || root !== 'implicit') deliver(packet);
    else if (early.length < MAX_EARLY) early.push(packet);
  };

  return {
    encode(packet) {
      if (packet.type === CONNECT) {
        if (packet.nsp !== '/') return [`0${packet.nsp}${queryOf(packet.data)},`];
        const implicit = root === 'implicit';
        root = 'wanted';
        if (!implicit) return ['0'];
        const came = early;
        early = [];
        // Not before whoever asks is ready for the answer.
        queueMicrotask(() => {
          for (const one of came) receive(new Implied(one));
        });
        return [];
      }
      if (packet.type === DISCONNECT && packet.nsp === '/') root = 'left';
      return inner.encode(packet);
    },
    decode(chunk, deliver) {
      if (chunk instanceof Implied) deliver(chunk.packet);
      else {
        const packet = typeof chunk === 'string' ? answerOf(chunk, id) : undefined;
        if (packet) take(packet, deliver);
        else inner.decode(chunk, (one) => take(one, deliver));
      }
    },
    reset: () => inner.reset(),
  };
}

/** What the server says to a CONNECT, or of its own accord of the root namespace. */
function answerOf(text: string, id: string): Packet | undefined {
  const [, type, name, rest] = /^([04])(\/[^,?]*)?(?:\?[^,]*)?,?(.*)$/s.exec(text) ?? [];
  const nsp = name ?? '/';
  if (type === '0') return { type: CONNECT, nsp, data: { sid: nsp === '/' ? id : `${nsp}#${id}` } };
  if (type === undefined) return undefined;
  const data: unknown = rest ? JSON.parse(rest) : undefined;
  const message = (data as { message?: unknown } | null | undefined)?.message ?? data;
  return {
    type: CONNECT_ERROR,
    nsp,
    data: { message: typeof message === 'string' ? message : 'rejected by the server', data },
  };
}

function queryOf(auth: Readonly<Record<string, unknown>> | undefined): string {
  if (!auth) return '';
  const query = new URLSearchParams(Object.entries(auth).map(([name, value]) => [name, String(value)]));
  return `?${query}`;
}
