import type { Server, Socket } from 'socket.io';
import { Announcements } from '../support/waiting.js';
import type { ServerEvent } from '../support/web-transport-server.js';

/** Records what all servers of one cell have seen of its client. */
export class ServerLog {
  readonly changes: Announcements = new Announcements();
  /** The numbers of the messages that arrived, in order. */
  readonly arrived: number[] = [];
  /** Sockets created so far. */
  created = 0;
  /** The largest number of sockets connected at the same time. */
  maxConcurrent = 0;
  readonly #sockets = new Set<Socket | string>();
  /** Open Engine.IO sessions, including those without a Socket.IO socket. */
  readonly #sessions = new Set<unknown>();

  get sockets(): number {
    return this.#sockets.size;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  /** Discards the records of an earlier visit. */
  reset(): void {
    this.arrived.length = 0;
    this.created = this.maxConcurrent = this.#sockets.size;
  }

  /** Installs the application of every server in these tests. */
  attach(app: Server): void {
    app.engine.on('connection', (session: Session) => {
      this.#sessions.add(session);
      session.once('close', () => {
        this.#sessions.delete(session);
        this.changes.announce();
      });
    });
    app.on('connection', (socket) => {
      this.#add(socket);
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

  /** The same for a server in another process, which reports its events. */
  take({ event, id = '', number }: ServerEvent): void {
    switch (event) {
      case 'session':
        this.#sessions.add({});
        break;
      case 'session end':
        // Which one does not matter: they are counted.
        this.#sessions.delete([...this.#sessions][0]);
        break;
      case 'connection':
        this.#add(id);
        break;
      case 'disconnect':
        this.#sockets.delete(id);
        break;
      case 'count':
        if (number !== undefined) this.arrived.push(number);
    }
    this.changes.announce();
  }

  #add(socket: Socket | string): void {
    this.created += 1;
    this.#sockets.add(socket);
    this.maxConcurrent = Math.max(this.maxConcurrent, this.#sockets.size);
  }
}

interface Session {
  once(event: 'close', listener: () => void): unknown;
}
