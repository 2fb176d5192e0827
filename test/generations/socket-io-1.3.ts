import { afterEach } from 'vitest';
import { freePort } from '../support/ports.js';
import { Announcements } from '../support/waiting.js';
import type { AnyApp, AnySocket } from './application.js';
import { address, load, type Running, serve } from './start-server.js';

/** The server's side of a program of the time of socket.io 1.3.7, on that very server. */

export interface Program {
  readonly url: string;
  /** The sockets that the application was given, oldest first. */
  readonly made: readonly AnySocket[];
  /** Why sockets were left, with their namespace. */
  readonly left: readonly string[];
  readonly changes: Announcements;
}

/** To be called at the top of a test file. Starts the server; what else it does is set up before anybody comes. */
export function useChapter(): (setUp?: (app: AnyApp) => void) => Promise<Program> {
  let running: Running | undefined;

  afterEach(async () => {
    await running?.kill();
    running = undefined;
  });

  return async (setUp = () => {}) => {
    const begun = await begin(setUp);
    running = begun.running;
    return begun.program;
  };
}

async function begin(setUp: (app: AnyApp) => void): Promise<{ program: Program; running: Running }> {
  const made: AnySocket[] = [];
  const left: string[] = [];
  const changes = new Announcements();
  const running = await serve(await freePort(), (http) => {
    const app = load('1.3.7')(http, { path: '/websocket', serveClient: false });
    setUp(app);
    for (const name of ['/', '/custom-namespace']) converse(app, name);
    return app;
  });
  return { running, program: { url: address(running.port), made, left, changes } };

  function converse(app: AnyApp, name: string): void {
    const nsp = app.of(name);
    nsp.on('connection', (socket) => {
      made.push(socket);
      changes.announce();
      socket.on('disconnect', (reason: string) => {
        left.push(`${name}: ${reason}`);
        changes.announce();
      });
      socket.on('message', (...words) => socket.send(name, ...words));
      socket.on('custom-event', (...args) => socket.emit('custom-event', name, ...args));
      socket.on('question', (a: number, b: number, answer) => answer(a * b));
      socket.on('bytes', (given: Buffer, answer) => answer(Buffer.from(given).reverse()));
      socket.on('join', (room: string, done) => socket.join(room, () => done()));
      socket.on('leave', (room: string, done) => socket.leave(room, () => done()));
      socket.on('tell room', (room: string, word: string) => nsp.to(room).emit('told', word));
      socket.on('tell others', (word: string) => socket.broadcast.emit('told', word));
      socket.on('tell everyone', (word: string) => nsp.emit('told', word));
      socket.on('let me out', () => socket.disconnect());
      socket.on('let me out of everything', () => socket.disconnect(true));
    });
  }
}
