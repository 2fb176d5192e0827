// A socket.io server over HTTP/1.1 and, on the same port number of UDP, over HTTP/3 with WebTransport; for Deno. It tells what
// happens in lines of JSON. At other paths than that of socket.io are servers that break the protocol.
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
  session.once('upgrade', (transport) => tell({ event: 'upgrade', transport: transport.name }));
});
io.on('connection', (socket) => {
  tell({ event: 'connection', id: socket.id, transport: socket.conn.transport.name });
  socket.on('disconnect', (reason) => tell({ event: 'disconnect', id: socket.id, reason }));
  socket.on('count', (number, answer) => {
    tell({ event: 'count', number });
    answer?.(number);
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

/** Deno does not tell that a client has closed its session, but that its stream has ended. */
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
const joined = text('40{"sid":"hostile"}');
const filler = new Uint8Array(65_536).fill(120);

/** What happens on the first stream of a client, by the path that it dials. */
const hostile = {
  silent() {},
  close(_write, session) {
    session.close();
  },
  async 'ends-stream'(write, _session, writer) {
    await write(handshake, joined);
    await writer.close();
  },
  empty: (write) => write(handshake, joined, Uint8Array.of(0)),
  unknown: (write) => write(handshake, joined, text('x')),
  'before-handshake': (write) => write(text('42["early"]')),
  async 'byte-by-byte'(write) {
    for (const byte of [...handshake, ...joined]) await write(Uint8Array.of(byte));
  },
  async endless(write) {
    await write(handshake, joined, Uint8Array.of(127, 0, 0, 0, 255, 0, 0, 0, 0));
    for (;;) await write(filler);
  },
  async flood(write) {
    const message = text('42["flood"]');
    const messages = new Uint8Array(message.length * 5_000);
    for (let i = 0; i < 5_000; i++) messages.set(message, i * message.length);
    await write(handshake, joined);
    for (;;) await write(messages);
  },
  async streams(write, session) {
    await write(handshake, joined);
    for (let i = 0; i < 50; i++) {
      const stream = await session.createUnidirectionalStream();
      await stream.getWriter().write(filler);
    }
    await write(text('42["still there"]'));
  },
};

async function play(session, path) {
  const act = hostile[path];
  const { value: stream } = await session.incomingBidirectionalStreams.getReader().read();
  const writer = stream.writable.getWriter();
  const write = async (...chunks) => {
    for (const chunk of chunks) await writer.write(chunk);
  };
  tell({ event: 'hostile', path });
  await act(write, session, writer);
}

async function serve(incoming) {
  // Without waiting for the end of the handshake: the first request is answered a round trip earlier.
  const session = await Deno.upgradeWebTransport(incoming.accept({ zeroRtt: true }));
  await session.ready;
  const path = new URL(session.url).pathname.replaceAll('/', '');
  if (path in hostile) await play(session, path);
  else await io.engine.onWebTransportSession(endsWithItsStream(session));
}

if (udp) {
  const endpoint = new Deno.QuicEndpoint({ hostname: '127.0.0.1', port });
  const listener = endpoint.listen({ cert, key, alpnProtocols: ['h3'] });
  (async () => {
    for (;;) {
      const incoming = await listener.incoming();
      // A client may be gone before it is served.
      serve(incoming).catch((error) => tell({ event: 'trouble', message: String(error) }));
    }
  })();
}
http.listen(port, '127.0.0.1', () => tell({ event: 'ready' }));
