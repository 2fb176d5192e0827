// The whiteboard's two namespaces. A board is a room in each of them, named in the page's address.
//
// Events that must not be lost (strokes, undo, clear, messages) are acknowledged, and have a key that identifies
// duplicates. Short-lived events (pen positions) are volatile.

import { MAX_STROKES } from './whiteboard-store.mjs';

const MAX_NAME = 24;
const MAX_TEXT = 500;
const MAX_POINTS_BYTES = 64_000;
const COLOUR = /^#[0-9a-f]{6}$/i;
const ID = /^[\w-]{8,64}$/;

export function openWhiteboard(io, store, log) {
  const board = io.of('/board');
  const chat = io.of('/chat');
  for (const namespace of [board, chat]) namespace.use(readGuest);

  board.on('connection', (socket) => {
    const { guest } = socket.data;
    socket.join(guest.board);
    log.write('/board', `${guest.name} ${socket.recovered ? 'returned to' : 'opened'} ${guest.board}`);
    socket.on('disconnect', (reason) => {
      log.write('/board', `${guest.name} disconnected: ${reason}`);
      announceGuests(board, guest.board);
    });
    answerDrawing(socket, store);
    announceGuests(board, guest.board);
  });

  chat.on('connection', (socket) => {
    const { guest } = socket.data;
    socket.join(guest.board);
    answerChat(chat, socket, store);
  });
}

/** Middleware: reads the user and the board from `auth`. */
function readGuest(socket, next) {
  const { board, id, name, colour } = socket.handshake.auth;
  const valid =
    isText(board, MAX_NAME) && isText(name, MAX_NAME) && matches(ID, id) && matches(COLOUR, colour);
  if (!valid) return next(new Error('A guest needs a board, an id, a name and a colour'));
  socket.data.guest = { board, id, name, colour };
  return next();
}

/** Lists each user once: after a reconnect a user may have two sockets for a while. */
async function announceGuests(namespace, room) {
  const sockets = await namespace.in(room).fetchSockets();
  const guests = new Map(sockets.map(({ data: { guest } }) => [guest.id, guest]));
  namespace.to(room).emit(
    'here',
    [...guests.values()].map(({ id, name, colour }) => ({ id, name, colour })),
  );
}

function answerDrawing(socket, store) {
  const { board, id: by, name } = socket.data.guest;
  // Tabs that share a connection are one socket: what one of them draws is for the others, too.
  const others = () => (socket.handshake.auth.shared ? socket.nsp.to(board) : socket.to(board));

  answers(socket, 'stroke', async ({ colour, width }, points, { idempotencyKey: id }) => {
    const valid =
      matches(ID, id) &&
      matches(COLOUR, colour) &&
      width >= 1 &&
      width <= 40 &&
      Buffer.isBuffer(points) &&
      points.length <= MAX_POINTS_BYTES;
    if (!valid) return { error: 'This is not a valid stroke' };
    const added = await store.addStroke(board, { id, by, colour, width, points });
    if (added === undefined) return { error: `A board has room for ${MAX_STROKES} strokes` };
    if (added.isNew) others().emit('stroke', { id, by, colour, width, seq: added.seq }, points);
    return { seq: added.seq };
  });

  answers(socket, 'undo', async (id) => {
    if (matches(ID, id) && (await store.removeStroke(board, id, by))) others().emit('undone', id);
    return {};
  });

  answers(socket, 'clear', async (upTo) => {
    if (!Number.isSafeInteger(upTo)) return { error: 'Clear up to which stroke?' };
    await store.clear(board, upTo);
    others().emit('cleared', upTo, name);
    return {};
  });

  answers(socket, 'load', () => store.strokes(board));

  // The position of a pen and its unfinished line, until the complete stroke arrives.
  socket.on('pen', (x, y, stroke, points) => {
    if (!Number.isFinite(x) || !Number.isFinite(y)) return;
    const drawn = Buffer.isBuffer(points) && points.length <= MAX_POINTS_BYTES ? [stroke, points] : [];
    others().volatile.emit('pen', by, x, y, ...drawn);
  });
}

function answerChat(chat, socket, store) {
  const { board, id: by, name, colour } = socket.data.guest;

  answers(socket, 'say', async (text, { idempotencyKey: id }) => {
    if (!isText(text, MAX_TEXT) || !matches(ID, id)) return { error: `Up to ${MAX_TEXT} characters` };
    const message = { id, by, name, colour, text, at: Date.now() };
    if (await store.addMessage(board, message)) chat.to(board).emit('said', message);
    return {};
  });

  answers(socket, 'load', () => store.messages(board));
}

/** A page may send anything; nothing it sends crashes the server. */
function answers(socket, event, handler) {
  socket.on(event, async (...args) => {
    const answer = args.pop();
    if (typeof answer !== 'function') return;
    try {
      answer(await handler(...args));
    } catch {
      answer({ error: 'This request is not valid' });
    }
  });
}

const isText = (value, max) => typeof value === 'string' && value.length > 0 && value.length <= max;
const matches = (form, value) => typeof value === 'string' && form.test(value);
