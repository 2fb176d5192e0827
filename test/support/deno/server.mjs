// A socket.io server over HTTP/1.1 and, on the same port number of UDP, over HTTP/3 with WebTransport; for Deno. It reports events
// in lines of JSON. At paths other than socket.io's are servers that break the protocol.
import { createServer } from 'node:http';
import process from 'node:process';
import { Server } from 'socket.io';

const { port, cert, key, options, udp = true } = JSON.parse(process.argv[2]);

const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

const http = createServer();
const io = new Server(http, { transports: ['polling', 'websocket', 'webtransport'], ...options });
// Not by the option `cors`: with it, as with every middleware of the engine, the server refuses WebTransport.
for (const event of ['initial_headers', 'headers']) {
  io.engine.on(event, (headers) => {
    headers['access-control-allow-origin'] = '*';
  });
}

io.engine.on('connection', (session) => {
  tell({ event: 'session', transport: session.transport.name });
  session.once('close', () => tell({ event: 'session end' }));
  session.once('upgrade', (transport) => tell({ event: 'upgrade', transport: transport.name }));
});
io.on('connection', (socket) => {
  tell({ event: 'connection', id: socket.id, transport: socket.conn.transport.name });
  socket.on('disconnect', (reason) => tell({ event: 'disconnect', id: socket.id, reason }));
  socket.on('count', (number, ...rest) => {
    tell({ event: 'count', id: socket.id, number });
    const answer = rest.pop();
    if (typeof answer === 'function') answer(number);
  });
  socket.on('echo', (...args) => args.pop()(...args));
  socket.on('burst', (count) => {
    for (let i = 0; i < count; i++) socket.emit('number', i);
  });
  socket.on('close the transport', () => socket.conn.close());
});

/** @param {ReadableStream<Uint8Array>} stream @param {() => void} ended */
function watched(stream, ended) {
  const reader = stream.getReader();
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await reader.read().catch(() => ({ done: true }));
      if (!done) {
        controller.enqueue(value);
        return;
      }
      controller.close();
      ended();
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** Deno reports the end of a client's stream, not the end of its session. */
const endsWithItsStream = (session) => ({
  closed: session.closed,
  close: () => session.close(),
  incomingBidirectionalStreams: session.incomingBidirectionalStreams.pipeThrough(
    new TransformStream({
      transform({ readable, writable }, controller) {
        controller.enqueue({ readable: watched(readable, () => session.close()), writable });
      },
    }),
  ),
});

const text = (packet) => {
  const bytes = new TextEncoder().encode(packet);
  return Uint8Array.of(
    ...(bytes.length < 126 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 255]),
    ...bytes,
  );
};
const handshake = text('0{"sid":"hostile","upgrades":[],"pingInterval":25000,"pingTimeout":20000}');
const filler = new Uint8Array(65_536).fill(120);

/** The behaviour on a client's stream, by path; `join` accepts its socket first. */
const hostile = {
  silent() {},
  close({ session }) {
    session.close();
  },
  'before-handshake': ({ write }) => write(text('42["early"]')),
  async empty({ join, write }) {
    await join();
    await write(Uint8Array.of(0));
  },
  async unknown({ join, write }) {
    await join();
    await write(text('x'));
  },
  'byte-by-byte': ({ join }) => join(1),
  async endless({ join, write }) {
    await join();
    await write(Uint8Array.of(127, 0, 0, 0, 255, 0, 0, 0, 0));
    for (;;) await write(filler);
  },
  async flood({ join, write }) {
    const message = text('42["flood"]');
    const messages = new Uint8Array(message.length * 5_000);
    for (let i = 0; i < 5_000; i++) messages.set(message, i * message.length);
    await join();
    for (;;) await write(messages);
  },
  async streams({ join, write, session }) {
    await join();
    for (let i = 0; i < 50; i++) {
      const stream = await session.createUnidirectionalStream();
      await stream.getWriter().write(filler);
    }
    await write(text('42["still there"]'));
  },
};

/** Deno ends a session or a stream that nobody refers to. */
const kept = [];

async function play(session, path) {
  const { value: stream } = await session.incomingBidirectionalStreams.getReader().read();
  const reader = stream.readable.getReader();
  const writer = stream.writable.getWriter();
  kept.push(session, reader, writer);
  const write = (bytes) => writer.write(bytes);
  const inPieces = async (bytes, size) => {
    for (let at = 0; at < bytes.length; at += size) await write(bytes.subarray(at, at + size));
  };
  const untilConnect = async () => {
    // A length of 2, and CONNECT to the root namespace.
    for (let read = ''; !read.includes('\u000240'); ) {
      const { value, done } = await reader.read();
      if (done) throw new Error('the client is gone');
      read += new TextDecoder().decode(value);
      // For other namespaces, like every server.
      const [, other] = /40(\/[^,]*),/.exec(read) ?? [];
      if (other) await write(text(`44${other},{"message":"Invalid namespace"}`));
    }
  };
  const join = async (size = Number.POSITIVE_INFINITY) => {
    await inPieces(handshake, size);
    await untilConnect();
    await inPieces(text('40{"sid":"hostile"}'), size);
  };
  tell({ event: 'hostile', path });
  await hostile[path]({ session, write, join });
}

async function serve(incoming) {
  // Without waiting for the end of the handshake: the first request is answered a round trip earlier.
  const session = await Deno.upgradeWebTransport(incoming.accept({ zeroRtt: true }));
  await session.ready;
  const path = new URL(session.url).pathname.replaceAll('/', '');
  if (path in hostile) await play(session, path);
  else await io.engine.onWebTransportSession(endsWithItsStream(session));
}

// A client that is gone without a word is known by its silence, after 30 s. Promises of its streams then reject that nobody has, and
// Deno would end.
addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  tell({ event: 'trouble', message: String(event.reason) });
});

if (udp) {
  const endpoint = new Deno.QuicEndpoint({ hostname: '127.0.0.1', port });
  const listener = endpoint.listen({ cert, key, alpnProtocols: ['h3'] });
  (async () => {
    for (;;) {
      const incoming = await listener.incoming();
      // A client may be gone before it is served.
      serve(incoming).catch((error) => tell({ event: 'trouble', message: String(error) }));
    }
  })().catch((error) => {
    // Without clients over UDP this server is of no use. The tests start it again.
    console.error(error);
    process.exit(1);
  });
}
http.listen(port, '127.0.0.1', () => tell({ event: 'ready' }));
