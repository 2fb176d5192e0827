import type { Frame, Line, Listening } from './network.js';
import type { Random } from './random.js';

/** Imitates a socket.io 4.8.4 server, frame by frame. Its frames wait in `outbox` until they are delivered. */

export interface Item {
  /** The transport: the session's current one, or this one. */
  readonly to: Session | Line;
  /** Absent if the server closes the connection. */
  readonly frame: Frame | undefined;
}

export const lineOf = ({ to }: Item): Line => ('joined' in to ? to.line : to);

/** Namespaces that it accepts; it refuses others. */
export const NAMESPACES: readonly string[] = ['/', '/a', '/b'];

/** An Engine.IO session. */
export interface Session {
  /** The current transport. */
  line: Line;
  readonly joined: Set<string>;
}

/** `nsp` as written in a packet. */
const prefix = (nsp: string): string => (nsp === '/' ? '' : `${nsp},`);

export class ScriptedServer implements Listening {
  readonly outbox: Item[] = [];
  session: Session | undefined;
  #made = 0;
  #marked = 0;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The namespaces that the client has joined, as the server knows it. */
  get joined(): string[] {
    return [...(this.session?.joined ?? [])];
  }

  /** A unique mark, so that a payload is recognised wherever it arrives. */
  mark(): string {
    this.#marked += 1;
    return `~${this.#marked}~`;
  }

  opened(line: Line): void {
    // A WebSocket beside a polling session is its upgrade.
    if (line.kind === 'websocket' && this.session?.line.kind === 'polling' && this.session.line.open) return;
    this.#made += 1;
    const session: Session = { line, joined: new Set() };
    this.session = session;
    const upgrades = line.kind === 'polling' ? ['websocket'] : [];
    const handshake = {
      sid: `engine-${this.#made}`,
      upgrades,
      pingInterval: 25_000,
      pingTimeout: 20_000,
      maxPayload: 1e6,
    };
    this.#say(session, `0${JSON.stringify(handshake)}`);
  }

  closed(line: Line): void {
    if (this.session?.line === line) this.session = undefined;
  }

  sent(line: Line, frame: Frame): void {
    const { session } = this;
    if (!session || typeof frame !== 'string') return;
    if (frame === '2probe') {
      this.#say(line, '3probe');
      // The running poll must end, so that the client can leave polling.
      this.#say(session, '6');
    } else if (frame === '5') {
      session.line = line;
    } else if (frame === '1') {
      this.session = undefined;
    } else if (frame.startsWith('4')) {
      this.#heard(session, frame.slice(1));
    }
  }

  /** Frames that a server may send at any time. */
  speak(): void {
    const { session } = this;
    if (!session) return;
    const random = this.#random;
    const [nsp] = session.joined.size > 0 ? [random.pick(this.joined)] : [];
    if (nsp === undefined || random.chance(0.1)) {
      this.#say(session, random.pick(['2', '6']));
      return;
    }
    switch (random.below(8)) {
      case 0:
      case 1:
        this.#say(session, `42${prefix(nsp)}["news","${this.mark()}",{"depth":[1,2.5,-3e2,null,true]}]`);
        break;
      case 2:
        this.#say(session, `42${prefix(nsp)}["unicode","${this.mark()}","ÄÖ\u{1f600}\\u0000\\"\\\\"]`);
        break;
      case 3:
        this.#say(session, `42${prefix(nsp)}${random.below(1_000)}["question","${this.mark()}"]`);
        break;
      case 4:
        this.#binary(session, '5', nsp, '', '"file"');
        break;
      case 5:
        this.#binary(session, '5', nsp, String(random.below(1_000)), '"file and answer"');
        break;
      case 6:
        if (random.chance(0.2)) {
          session.joined.delete(nsp);
          this.#say(session, `41${prefix(nsp)}`);
        }
        break;
      default:
        // Unexpected answers, and refusals of joined namespaces, come from faulty servers.
        this.#say(
          session,
          random.pick([`43${prefix(nsp)}${random.below(20)}["${this.mark()}"]`, `44${prefix(nsp)}`]),
        );
    }
  }

  /** An event that a connected client must deliver; returns its mark. */
  event(nsp: string): string {
    const mark = this.mark();
    if (this.session) this.#say(this.session, `42${prefix(nsp)}["probe","${mark}"]`);
    return mark;
  }

  /** Closes the connection. */
  hangUp(): void {
    if (this.session) this.outbox.push({ to: this.session, frame: undefined });
  }

  ping(): void {
    if (this.session) this.#say(this.session, '2');
  }

  #heard(session: Session, packet: string): void {
    const [, type = '', nsp = '/', id = ''] = /^([0-4]|[56]\d+-)(?:(\/[^,[{]*),?)?(\d*)/.exec(packet) ?? [];
    const { joined } = session;
    if (type === '0' ? joined.has(nsp) : !joined.has(nsp)) {
      this.hangUp();
    } else if (type === '0') {
      this.#admit(session, nsp);
    } else if (type === '1') {
      joined.delete(nsp);
    } else if (id !== '' && type === '2') {
      this.#say(session, `43${prefix(nsp)}${id}["${this.mark()}",{"of":"${nsp}"}]`);
    } else if (id !== '' && type.startsWith('5')) {
      this.#binary(session, '6', nsp, id);
    }
  }

  #admit(session: Session, nsp: string): void {
    if (NAMESPACES.includes(nsp)) {
      session.joined.add(nsp);
      const answer = { sid: `socket-${this.#made}`, pid: `private-${this.#made}` };
      this.#say(session, `40${prefix(nsp)}${JSON.stringify(answer)}`);
    } else {
      this.#say(session, `44${prefix(nsp)}{"message":"Invalid namespace"}`);
    }
  }

  #binary(to: Session, type: '5' | '6', nsp: string, id: string, name?: string): void {
    const count = 1 + this.#random.below(3);
    const places = Array.from({ length: count }, (_, num) => `{"_placeholder":true,"num":${num}}`);
    const args = [...(name ? [name] : []), `"${this.mark()}"`, ...places];
    this.#say(to, `4${type}${count}-${prefix(nsp)}${id}[${args.join(',')}]`);
    for (let i = 0; i < count; i += 1) this.#say(to, Buffer.from(`${this.mark()}\0\xff`, 'latin1'));
  }

  #say(to: Session | Line, frame: Frame): void {
    this.outbox.push({ to, frame });
  }
}
