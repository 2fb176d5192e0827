/** The Socket.IO protocol of 1.x and 2.x, as far as it differs from today's. */
import type { Codec } from '../../protocol/codec.js';
import { sizeOf } from '../../protocol/encode.js';
import { CONNECT, CONNECT_ERROR, DISCONNECT, type Packet } from '../../protocol/packet.js';

/** A packet that the server did not send, because its protocol version omits it. */
export class Implied {
  constructor(readonly packet: Packet) {}
}

/** A namespace that does not exist: most servers answer with an error. */
export const PROBE: string = '/holdfast-probe-version';

/**
 * The requested name: 1.4 to 2.x parse it as part of a URL and omit the fragment from their answers; all others repeat it unchanged.
 */
export const PROBE_WITH_FRAGMENT: string = `${PROBE}#`;

/** How a codec writes to its session by itself. */
export interface CodecLink {
  send(text: string): void;
  /** Gives a packet to `decode` as soon as the running code has returned. */
  receive(chunk: unknown): void;
  /** The packet that follows answers no request: the server joined the root namespace by itself. */
  unasked(): void;
}

/** Packets that arrive before the program joins the root namespace; more packets, or bytes, than this are dropped. */
const MAX_EARLY = 1_000;
export const MAX_EARLY_BYTES: number = 2 ** 24;

/**
 * The Socket.IO protocol of 1.x and 2.x, as far as it differs: the server joins the root namespace unrequested, an answer to CONNECT has no
 * sid, `auth` is sent as the query of the namespace, an error is any JSON value.
 *
 * @param id the engine's
 * @param link the session to write to
 */
export function legacyCodec(inner: Codec, id: string, link: CodecLink): Codec {
  /**
   * The state of the root namespace: joined by the server, and then wanted by the program; or left, and then requested explicitly.
   */
  let root: 'implicit' | 'wanted' | 'left' | 'asked' = 'implicit';
  let early: Packet[] = [];
  let earlyBytes = 0;
  /** Of the packet that is being received. */
  let bytes = 0;
  /** Whether the id of a namespace's socket begins with its name; not in 1.3. */
  let named = true;

  const give = (packet: Packet, deliver: (packet: Packet) => void): void => {
    if (packet.type === CONNECT && packet.nsp === '/' && root === 'wanted') link.unasked();
    deliver(packet);
  };
  const take = (packet: Packet, deliver: (packet: Packet) => void): void => {
    const size = bytes;
    bytes = 0;
    if (packet.nsp !== '/' || root !== 'implicit') give(packet, deliver);
    else if (early.length < MAX_EARLY && earlyBytes + size <= MAX_EARLY_BYTES) {
      early.push(packet);
      earlyBytes += size;
    }
  };

  return {
    encode(packet, of) {
      if (packet.type === CONNECT) {
        if (packet.nsp !== '/') return [`0${packet.nsp}${queryOf(packet.data)},`];
        if (root !== 'implicit') {
          root = 'asked';
          // 2.x without middleware accepts without an answer: the answer to a second request proves that it has read the first.
          return ['0', `0${PROBE_WITH_FRAGMENT},`];
        }
        root = 'wanted';
        const came = early;
        early = [];
        earlyBytes = 0;
        for (const one of came) link.receive(new Implied(one));
        return [];
      }
      if (packet.type === DISCONNECT && packet.nsp === '/') root = 'left';
      return inner.encode(packet, of);
    },
    decode(chunk, deliver) {
      if (chunk instanceof Implied) {
        give(chunk.packet, deliver);
        return;
      }
      const text = typeof chunk === 'string' ? chunk : '';
      bytes += sizeOf(chunk);
      if (text.startsWith(PROBE, 1)) {
        named = !text.startsWith(PROBE_WITH_FRAGMENT, 1);
        if (root !== 'asked') return;
        root = 'wanted';
        deliver({ type: CONNECT, nsp: '/', data: { sid: id } });
      } else {
        const packet = answerOf(text, id, named);
        const again = packet && withoutQuery(text, packet);
        if (again) link.send(again);
        else if (packet) take(packet, deliver);
        else inner.decode(chunk, (one) => take(one, deliver));
      }
    },
    reset: () => inner.reset(),
  };
}

/** 1.3 has no query of a namespace, and treats it as part of the name: then only the name is sent. */
const withoutQuery = (text: string, { type, nsp }: Packet): string | undefined =>
  type === CONNECT_ERROR && text.startsWith(`4${nsp}?`) && text.endsWith(',"Invalid namespace"')
    ? `0${nsp},`
    : undefined;

/** The server's answer to a CONNECT, or its unrequested packet for the root namespace. */
function answerOf(text: string, id: string, named: boolean): Packet | undefined {
  const [, type, name, rest] = /^([04])(\/[^,?]*)?(?:\?[^,]*)?,?(.*)$/s.exec(text) ?? [];
  const nsp = name ?? '/';
  if (type === '0') return { type: CONNECT, nsp, data: { sid: nsp === '/' || !named ? id : `${nsp}#${id}` } };
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
