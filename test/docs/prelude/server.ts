/** What the blocks of a server may use without saying where it comes from, and what a server does that no block tells of. */
import type { Server as HttpServer } from 'node:http';
import type { Server } from 'socket.io';

/** The document's server. */
export declare const io: Server;
/** Node's server, that `io` listens with. */
export declare const http: HttpServer;
/** Where Redis listens. */
export declare const url: string;

/** For documents that are about the client: every event is answered, and everybody hears some news. */
export function answerEverything(io: Server): void {
  for (const namespace of ['/', '/news', '/chat', '/uploads']) {
    io.of(namespace).on('connection', (socket) => {
      socket.emit('news', 'it works');
      socket.emit('greeting', 'Ada', new Date(0).toISOString());
      socket.onAny((name: string, ...args: unknown[]) => {
        const answer = args.pop();
        if (typeof answer === 'function') answer(name === 'question' ? 42 : 'ok');
      });
    });
  }
}
