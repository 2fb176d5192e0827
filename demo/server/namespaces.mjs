// The demo's namespaces: two open ones and one for members.

import { describe } from './log.mjs';

const TICK_MS = 5_000;
const PASSWORD = 'open sesame';
const MAX_ROOM_NAME = 40;

/** Returns a function that stops the timer. */
export function openNamespaces(io, log) {
  const open = ['/', '/custom-namespace'].map((name) => io.of(name));
  for (const namespace of open) {
    namespace.on('connection', (socket) => {
      greet(socket, log);
      answerMessages(socket, log);
      answerData(socket);
      handleRooms(namespace, socket, log);
    });
  }

  const members = io.of('/members');
  members.use(checkPassword(log));
  members.on('connection', (socket) => {
    greet(socket, log);
    socket.emit('secret', 'The tea is in the second cupboard.');
  });

  // A timed message to everyone in each namespace.
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
    for (const namespace of open) {
      const visitors = namespace.sockets.size;
      if (visitors === 0) continue;
      // With several nodes, each notifies its own clients.
      namespace.local.emit('tick', ticks, new Date().toISOString(), visitors);
      log.write(namespace.name, `timed message ${ticks} to everyone (${visitors})`, 'timer');
    }
  }, TICK_MS);
  return () => clearInterval(timer);
}

/** Middleware: runs before a visitor joins the namespace. */
function checkPassword(log) {
  return (socket, next) => {
    if (socket.handshake.auth.password === PASSWORD) {
      next();
      return;
    }
    log.write(socket.nsp.name, `${shortId(socket)} rejected: wrong password`);
    // `data` is sent to the page with the message, for programs to read.
    const data = { code: 'WRONG_PASSWORD', hint: 'What did Ali Baba say?' };
    next(Object.assign(new Error('You are not on the list'), { data }));
  };
}

function greet(socket, log) {
  const where = socket.nsp.name;
  const transport = socket.conn.transport.name;
  log.write(where, `${shortId(socket)} connected over ${transport}`);
  const upgraded = (to) => log.write(where, `${shortId(socket)} upgraded to ${to.name}`);
  socket.conn.on('upgrade', upgraded);
  socket.onAny((event, ...args) =>
    log.write(where, `${shortId(socket)} → ${event} ${args.map(describe).join(', ')}`),
  );
  socket.onAnyOutgoing((event, ...args) => {
    // The timed message is logged once, not once per socket.
    if (event !== 'tick') log.write(where, `${shortId(socket)} ← ${event} ${args.map(describe).join(', ')}`);
  });
  socket.on('disconnect', (reason) => {
    socket.conn.off('upgrade', upgraded);
    log.write(where, `${shortId(socket)} disconnected: ${reason}`);
  });
  socket.on('disconnect-me', () => socket.disconnect());
}

function answerMessages(socket, log) {
  // `send` on one side is the event `message` on the other.
  socket.on('message', (text) => socket.send(`I heard: ${asText(text)}`));

  // A custom event can have any number of arguments, in both directions.
  socket.on('custom-event', (name, amount, details) => {
    const doubled = typeof amount === 'number' ? amount * 2 : null;
    socket.emit('custom-event', `Thank you, ${asText(name)}`, doubled, { youSent: details, by: 'server' });
  });

  socket.on('broadcast', (text) => {
    log.write(socket.nsp.name, `${shortId(socket)} broadcasts to everyone else`);
    socket.broadcast.emit('broadcast', shortId(socket), asText(text));
  });
}

function answerData(socket) {
  // Every type of binary data arrives in Node as a Buffer. The value is sent back unchanged.
  socket.on('data', (kind, value, reply) => {
    replyWith(reply, measure(value));
    socket.emit('data-back', kind, value);
  });
}

function measure(value) {
  if (Buffer.isBuffer(value)) return { type: 'Buffer', bytes: value.length };
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return { type: typeof value, bytes: Buffer.byteLength(text) };
}

function handleRooms(namespace, socket, log) {
  socket.on('join', (room, reply) => {
    if (!isRoomName(room))
      return replyWith(reply, { error: `A room needs a name of 1 to ${MAX_ROOM_NAME} characters` });
    socket.join(room);
    log.write(namespace.name, `${shortId(socket)} joined room ${describe(room)}`);
    return replyWith(reply, { rooms: roomsOf(socket) });
  });

  socket.on('leave', (room, reply) => {
    if (!isRoomName(room)) return replyWith(reply, { error: 'There is no such room' });
    socket.leave(room);
    log.write(namespace.name, `${shortId(socket)} left room ${describe(room)}`);
    return replyWith(reply, { rooms: roomsOf(socket) });
  });

  socket.on('room-message', (room, text, audience) => {
    if (!isRoomName(room)) return;
    // `namespace.to` reaches everyone in the room, `socket.to` everyone except the sender.
    const everyone = audience === 'everyone';
    (everyone ? namespace : socket).to(room).emit('room-message', room, shortId(socket), asText(text));
    log.write(
      namespace.name,
      `${shortId(socket)} to ${everyone ? 'everyone' : 'the others'} in room ${describe(room)}`,
    );
  });
}

const isRoomName = (room) => typeof room === 'string' && room.length > 0 && room.length <= MAX_ROOM_NAME;

/** Excludes the private room that every socket has, named by its id. */
const roomsOf = (socket) => [...socket.rooms].filter((room) => room !== socket.id);

/** A page may emit without an acknowledgement. */
const replyWith = (reply, answer) => {
  if (typeof reply === 'function') reply(answer);
};

/** A page may send anything; an object with a broken `toString` must not crash the server. */
const asText = (value) => (typeof value === 'string' ? value : describe(value));

const shortId = (socket) => socket.id.slice(0, 6);
