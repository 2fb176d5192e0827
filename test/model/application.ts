import type { Cancel } from '../../src/platform/clock.js';
import type { SimulatedClock } from '../support/simulated-clock.js';
import type { Frame } from './network.js';

/** When the application acknowledges an event: a number is milliseconds. */
export type Reply = 'at once' | 'never' | number;

/** The payload of the client's events. */
export interface Payload {
  readonly id: number;
  readonly reply: Reply;
  readonly pad: string;
}

/** The callbacks of a server's application. */
export interface Application {
  /** Whether it accepts a client in this namespace. */
  admits(nsp: string): boolean;
  /** An event has reached a namespace. */
  delivered(nsp: string, payload: Payload): void;
  /** It acknowledges an event. */
  replied(payload: Payload): void;
  /** The client has acknowledged the server's own event. */
  answered(news: number): void;
  /** The client has violated the protocol. */
  complain(what: string): void;
}

const prefix = (nsp: string): string => (nsp === '/' ? '' : `${nsp},`);

interface Half {
  readonly nsp: string;
  readonly id: string;
  readonly json: string;
  missing: number;
}

/** The namespaces of one session. */
export class Rooms {
  readonly joined: Set<string> = new Set();
  /** An event that waits for its attachments. */
  #half: Half | undefined;
  readonly #waits = new Set<Cancel>();

  constructor(
    private readonly sid: string,
    private readonly application: Application,
    private readonly clock: SimulatedClock,
    private readonly say: (frames: readonly Frame[]) => void,
    private readonly end: () => void,
  ) {}

  close(): void {
    this.joined.clear();
    for (const cancel of this.#waits) cancel();
  }

  /** Disconnects the client from a namespace. */
  kick(nsp: string): void {
    if (this.joined.delete(nsp)) this.say([`41${prefix(nsp)}`]);
  }

  /** @returns whether there was a recipient */
  tell(nsp: string, news: number): boolean {
    if (!this.joined.has(nsp)) return false;
    this.say([`42${prefix(nsp)}${news}["news",${news}]`]);
    return true;
  }

  heard(frame: Frame): void {
    if (typeof frame !== 'string') {
      this.#attachment();
      return;
    }
    if (this.#half) {
      this.application.complain(`"${frame}" in place of an attachment`);
      return;
    }
    const [, type, attachments, nsp = '/', id = '', json = ''] =
      /^([0-6])(?:(\d+)-)?(?:(\/[^,[{]*),?)?(\d*)(.*)$/s.exec(frame) ?? [];
    const { joined } = this;
    if (type === '0' ? joined.has(nsp) : !joined.has(nsp)) this.end();
    else if (type === '0') this.#connect(nsp);
    else if (type === '1') joined.delete(nsp);
    else if (type === '2') this.#event(nsp, id, json);
    else if (type === '3') this.application.answered(Number(id));
    else if (type === '5') this.#half = { nsp, id, json, missing: Number(attachments) };
    else this.application.complain(`"${frame}"`);
  }

  #attachment(): void {
    const half = this.#half;
    if (!half) {
      this.application.complain('an attachment of nothing');
    } else if (--half.missing === 0) {
      this.#half = undefined;
      if (this.joined.has(half.nsp)) this.#event(half.nsp, half.id, half.json);
    }
  }

  #connect(nsp: string): void {
    if (nsp.startsWith('/holdfast-probe')) {
      this.say([`44${prefix(nsp)}{"message":"Invalid namespace"}`]);
    } else if (this.application.admits(nsp)) {
      this.joined.add(nsp);
      this.say([`40${prefix(nsp)}{"sid":"${this.sid}-${nsp}"}`]);
    } else {
      this.say([`44${prefix(nsp)}{"message":"not now"}`]);
    }
  }

  #event(nsp: string, id: string, json: string): void {
    const [, payload] = JSON.parse(json) as [string, Payload];
    this.application.delivered(nsp, payload);
    const { reply } = payload;
    if (id === '' || reply === 'never') return;
    const answer = (): void => {
      this.application.replied(payload);
      this.say([`43${prefix(nsp)}${id}[${payload.id}]`]);
    };
    if (reply === 'at once') {
      answer();
      return;
    }
    const cancel = this.clock.after(reply, () => {
      this.#waits.delete(cancel);
      if (this.joined.has(nsp)) answer();
    });
    this.#waits.add(cancel);
  }
}
