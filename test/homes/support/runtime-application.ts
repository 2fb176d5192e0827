import type { IncomingMessage } from 'node:http';
import type { Server, ServerOptions } from 'socket.io';

/** The server application for fixtures/runtimes/behaviours.mjs. */

type Acknowledge = (...answer: unknown[]) => void;

export const serverOptions: Partial<ServerOptions> = {
  pingInterval: 300,
  pingTimeout: 10_000,
  connectionStateRecovery: {},
};

export function application(io: Server): void {
  io.engine.on('initial_headers', (headers: Record<string, unknown>) => {
    headers['set-cookie'] = 'node=one; Path=/';
  });
  /** The data of each session's requests. */
  const cookies = new Map<string | null, string | undefined>();
  io.engine.on('headers', (_headers: object, { url, headers }: IncomingMessage) => {
    cookies.set(new URL(`http://server${url}`).searchParams.get('sid'), headers.cookie);
  });
  const asked = new Map<string, number>();
  io.on('connection', (socket) => {
    const cut = (): void => {
      // Like a broken network, which notifies neither side.
      const { transport } = socket.conn as unknown as {
        transport: { socket?: { terminate(): void }; onError(reason: string): void };
      };
      if (transport.socket) transport.socket.terminate();
      else transport.onError('cut');
    };
    socket.on('echo', (...args) => (args.pop() as Acknowledge)(args));
    socket.on('give back', (value) => socket.emit('back', value));
    socket.on('double', (bytes: Buffer, answer: Acknowledge) => answer(Buffer.concat([bytes, bytes])));
    socket.on('ask me', (a, b, answer: Acknowledge) => socket.emit('question', a, b, answer));
    socket.on('put me out', () => socket.disconnect());
    socket.on('cut me', cut);
    socket.on('cut me and call', () => {
      cut();
      // A separate room, which outlives the connection while the session can be recovered.
      setTimeout(() => io.to(`of ${socket.id}`).emit('missed', 'here'), 5);
    });
    socket.join(`of ${socket.id}`);
    socket.on('handshake', (answer: Acknowledge) =>
      answer({ query: socket.handshake.query, headers: socket.handshake.headers }),
    );
    socket.on('cookie', (answer: Acknowledge) =>
      answer(cookies.get((socket.conn as unknown as { id: string }).id) ?? ''),
    );
    socket.on('third time', (id: string, answer: Acknowledge) => {
      const times = (asked.get(id) ?? 0) + 1;
      asked.set(id, times);
      if (times >= 3) answer(times);
    });
    socket.on('burst', (count: number) => {
      for (let i = 0; i < count; i++) socket.emit('burst', i);
    });
  });
  io.of('/news').on('connection', (socket) =>
    socket.on('headline', (answer: Acknowledge) => answer('all is well')),
  );
  io.of('/private').use((socket, next) => {
    if (socket.handshake.auth.token === 'right') next();
    else next(Object.assign(new Error('not you'), { data: { status: 401 } }));
  });
  io.of('/private').on('connection', (socket) =>
    socket.on('who', (answer: Acknowledge) => answer(socket.handshake.auth)),
  );
}
