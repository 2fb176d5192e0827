import { afterEach } from 'vitest';
import { freePort } from '../support/ports.js';
import { Announcements } from '../support/waiting.js';
import type { AnyApp, AnySocket } from './application.js';
import { address, load, type Running, serve } from './start-server.js';

/** The server of a program written for socket.io 1.3.7, running on that version. */

export interface ProgramServer {
  readonly url: string;
  /** The sockets created so far, oldest first. */
  readonly created: readonly AnySocket[];
  /** The namespace and reason of each disconnected socket. */
  readonly disconnects: readonly string[];
  readonly changes: Announcements;
}

/** Call it at the top of a test file. Returns a function that starts the server; `setUp` runs before any client connects. */
export function useProgramServer(): (setUp?: (app: AnyApp) => void) => Promise<ProgramServer> {
  let running: Running | undefined;

  afterEach(async () => {
    await running?.kill();
    running = undefined;
  });

  return async (setUp = () => {}) => {
    const started = await startProgram(setUp);
    running = started.running;
    return started.program;
  };
}

async function startProgram(
  setUp: (app: AnyApp) => void,
): Promise<{ program: ProgramServer; running: Running }> {
  const created: AnySocket[] = [];
  const disconnects: string[] = [];
  const changes = new Announcements();
  const running = await serve(await freePort(), (http) => {
    const app = load('1.3.7')(http, { path: '/websocket', serveClient: false });
    setUp(app);
    for (const name of ['/', '/custom-namespace']) serveNamespace(app, name);
    return app;
  });
  return { running, program: { url: address(running.port), created, disconnects, changes } };

  function serveNamespace(app: AnyApp, name: string): void {
    const nsp = app.of(name);
    nsp.on('connection', (socket) => {
      created.push(socket);
      changes.announce();
      socket.on('disconnect', (reason: string) => {
        disconnects.push(`${name}: ${reason}`);
        changes.announce();
      });
      socket.on('message', (...args) => socket.send(name, ...args));
      socket.on('custom-event', (...args) => socket.emit('custom-event', name, ...args));
      socket.on('question', (a: number, b: number, answer) => answer(a * b));
      socket.on('bytes', (given: Buffer, answer) => answer(Buffer.from(given).reverse()));
      socket.on('join', (room: string, done) => socket.join(room, () => done()));
      socket.on('leave', (room: string, done) => socket.leave(room, () => done()));
      socket.on('tell room', (room: string, word: string) => nsp.to(room).emit('told', word));
      socket.on('tell others', (word: string) => socket.broadcast.emit('told', word));
      socket.on('tell everyone', (word: string) => nsp.emit('told', word));
      socket.on('disconnect me', () => socket.disconnect());
      socket.on('disconnect me entirely', () => socket.disconnect(true));
    });
  }
}
