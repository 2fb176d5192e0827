import type { Server, Socket } from 'socket.io';
import { Announcements } from '../support/waiting.js';

/** What the servers of one cell have seen of its client, however many servers there are. */
export class Ledger {
  readonly changes: Announcements = new Announcements();
  /** The numbers that arrived, in order. */
  readonly arrived: number[] = [];
  /** Sockets that the application was given. */
  made = 0;
  /** The most that were there at the same time. */
  atOnce = 0;
  readonly #sockets = new Set<Socket>();
  /** Engine.IO sessions, those included of which the application never heard. */
  readonly #sessions = new Set<unknown>();

  get sockets(): number {
    return this.#sockets.size;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  /** Forgets an earlier visit. */
  startAnew(): void {
    this.arrived.length = 0;
    this.made = this.atOnce = this.#sockets.size;
  }

  /** The application of every server of the lab. */
  watch(app: Server): void {
    app.engine.on('connection', (session: Session) => {
      this.#sessions.add(session);
      session.once('close', () => {
        this.#sessions.delete(session);
        this.changes.announce();
      });
    });
    app.on('connection', (socket) => {
      this.made += 1;
      this.#sockets.add(socket);
      this.atOnce = Math.max(this.atOnce, this.#sockets.size);
      socket.once('disconnect', () => {
        this.#sockets.delete(socket);
        this.changes.announce();
      });
      socket.on('count', (n: number, answer: (n: number) => void) => {
        this.arrived.push(n);
        answer(n);
      });
    });
  }
}

interface Session {
  once(event: 'close', listener: () => void): unknown;
}
