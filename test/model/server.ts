import type { Cancel } from '../../src/platform/clock.js';
import type { SimulatedClock } from '../support/simulated-clock.js';
import { type Application, Rooms } from './application.js';
import type { Answer, Frame, Listening, ServerSocket } from './network.js';

/** Imitates a socket.io 4.8.4 server: Engine.IO sessions over polling, over WebSocket, and upgrades. */

export const HEARTBEAT: Readonly<{ pingInterval: number; pingTimeout: number }> = {
  pingInterval: 5_000,
  pingTimeout: 4_000,
};
/** The largest message that it accepts, in bytes. */
export const MAX_PAYLOAD = 300;
/** How often it checks whether a long poll must end, so that its client can leave polling. */
const LOOK_MS = 100;
const UPGRADE_DEADLINE_MS = 10_000;

interface Session {
  readonly sid: string;
  readonly rooms: Rooms;
  /** The packets queued for a long poll. */
  readonly buffer: Frame[];
  socket: ServerSocket | undefined;
  poll: Answer | undefined;
  heartbeat: Cancel;
  stopLooking: Cancel;
}

export class ModelServer implements Listening {
  readonly #clock: SimulatedClock;
  readonly #application: Application;
  readonly #sessions = new Map<string, Session>();
  /** The session that a WebSocket carries, or wants to take over. */
  readonly #carried = new Map<ServerSocket, Session>();
  #made = 0;

  constructor(clock: SimulatedClock, application: Application) {
    this.#clock = clock;
    this.#application = application;
  }

  /** The namespaces of all sessions. */
  get rooms(): Rooms[] {
    return [...this.#sessions.values()].map(({ rooms }) => rooms);
  }

  /** Ends every session. */
  restart(): void {
    for (const session of [...this.#sessions.values()]) this.#close(session);
  }

  opened(socket: ServerSocket, sid: string | undefined): boolean {
    if (sid === undefined) {
      const session = this.#open();
      session.socket = socket;
      this.#carried.set(socket, session);
      this.#shake(session, []);
      return true;
    }
    const session = this.#sessions.get(sid);
    if (!session || session.socket) return false;
    this.#carried.set(socket, session);
    return true;
  }

  said(socket: ServerSocket, frame: Frame): void {
    const session = this.#carried.get(socket);
    if (!session) return;
    if (session.socket === socket) this.#heard(session, frame);
    else this.#probe(session, socket, frame);
  }

  closed(socket: ServerSocket): void {
    const session = this.#carried.get(socket);
    this.#carried.delete(socket);
    if (session?.socket === socket) this.#close(session);
    else session?.stopLooking();
  }

  polled(sid: string | undefined, answer: Answer): void {
    const session = sid === undefined ? this.#open() : this.#sessions.get(sid);
    if (!session || session.socket) {
      answer(undefined);
      return;
    }
    if (session.poll) {
      // Two polls at a time are against the protocol.
      answer(undefined);
      this.#close(session);
      return;
    }
    session.poll = answer;
    if (sid === undefined) this.#shake(session, ['websocket']);
    else this.#flush(session);
  }

  posted(sid: string | undefined, frames: readonly Frame[]): boolean {
    const session = this.#sessions.get(sid ?? '');
    if (!session || session.socket) return false;
    for (const frame of frames) this.#heard(session, frame);
    return true;
  }

  broken(sid: string | undefined): void {
    const session = this.#sessions.get(sid ?? '');
    if (session && !session.socket) this.#close(session);
  }

  #open(): Session {
    this.#made += 1;
    const sid = `engine-${this.#made}`;
    const session: Session = {
      sid,
      rooms: new Rooms(
        sid,
        this.#application,
        this.#clock,
        (frames) => this.#say(session, frames),
        () => this.#close(session),
      ),
      buffer: [],
      socket: undefined,
      poll: undefined,
      heartbeat: () => {},
      stopLooking: () => {},
    };
    this.#sessions.set(sid, session);
    this.#ping(session);
    return session;
  }

  #shake(session: Session, upgrades: readonly string[]): void {
    const handshake = { sid: session.sid, upgrades, ...HEARTBEAT, maxPayload: MAX_PAYLOAD };
    this.#say(session, [`0${JSON.stringify(handshake)}`]);
  }

  #ping(session: Session): void {
    session.heartbeat();
    session.heartbeat = this.#clock.after(HEARTBEAT.pingInterval, () => {
      session.heartbeat = this.#clock.after(HEARTBEAT.pingTimeout, () => this.#close(session));
      this.#say(session, ['2']);
    });
  }

  #heard(session: Session, frame: Frame): void {
    if (!this.#sessions.has(session.sid)) return;
    const type = typeof frame === 'string' ? frame[0] : 'binary';
    const bytes = typeof frame === 'string' ? Buffer.byteLength(frame) - 1 : frame.length;
    if (bytes > MAX_PAYLOAD)
      this.#application.complain(`a message of ${bytes} bytes, of ${MAX_PAYLOAD} at most`);
    if (type === '3') this.#ping(session);
    else if (type === '1') this.#close(session);
    else if (type === '4') session.rooms.heard((frame as string).slice(1));
    else if (type === 'binary') session.rooms.heard(frame);
    else this.#application.complain(`"${frame}" in the middle of a session`);
  }

  /** A WebSocket that wants to take over a polling session. */
  #probe(session: Session, socket: ServerSocket, frame: Frame): void {
    if (frame === '2probe') {
      socket.give(['3probe']);
      this.#look(session, socket, this.#clock.now() + UPGRADE_DEADLINE_MS);
    } else if (frame === '5' && !session.socket && this.#sessions.has(session.sid)) {
      session.stopLooking();
      session.socket = socket;
      session.poll?.(['6']);
      session.poll = undefined;
      this.#flush(session);
    } else {
      socket.hangUp();
    }
  }

  #look(session: Session, socket: ServerSocket, untilMs: number): void {
    session.stopLooking();
    session.stopLooking = this.#clock.after(LOOK_MS, () => {
      if (this.#clock.now() > untilMs) {
        this.#carried.delete(socket);
        socket.hangUp();
        return;
      }
      if (session.poll && session.buffer.length === 0) this.#say(session, ['6']);
      this.#look(session, socket, untilMs);
    });
  }

  #say(session: Session, frames: readonly Frame[]): void {
    if (!this.#sessions.has(session.sid)) return;
    for (const frame of frames) session.buffer.push(frame);
    this.#flush(session);
  }

  #flush(session: Session): void {
    const { socket, poll, buffer } = session;
    if (buffer.length === 0) return;
    if (socket) socket.give(buffer.splice(0));
    else if (poll) {
      session.poll = undefined;
      poll(buffer.splice(0));
    }
  }

  #close(session: Session): void {
    if (!this.#sessions.delete(session.sid)) return;
    const { socket, poll } = session;
    session.heartbeat();
    session.stopLooking();
    session.rooms.close();
    for (const [carrier, carried] of [...this.#carried]) {
      if (carried !== session) continue;
      this.#carried.delete(carrier);
      if (carrier !== socket) carrier.hangUp();
    }
    if (socket) socket.hangUp();
    else poll?.(['1']);
  }
}
