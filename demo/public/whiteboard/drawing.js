// The board: strokes are sent with acknowledgements, pen positions as volatile events.

import { byId } from '../shared/dom.js';
import { loadWhenNew } from './connect.js';
import { createCursors } from './cursors.js';
import { createPaper } from './paper.js';
import { createPen } from './pen.js';
import { createStrokes, fromBytes, toBytes } from './strokes.js';
import { readTools } from './tools.js';

const PEN_EVERY_MS = 40;
const PENDING_ALPHA = 0.55;

export function mountDrawing({ socket, guest, showError }) {
  const board = byId('board');
  const paper = createPaper(byId('paper'));
  const tools = readTools(guest);
  const cursors = createCursors(byId('cursors'));
  const strokes = createStrokes(show);
  let sentAt = 0;
  let sentDrawing = false;
  /** How many numbers of the current line have been sent. */
  let sentNumbers = 0;

  const pen = createPen(board, paper.place, { moved, drawn, undo });

  paper.onDraw = () => {
    for (const stroke of strokes.all) paper.line(stroke, stroke.seq === undefined ? PENDING_ALPHA : 1);
    for (const stroke of cursors.drawing) paper.line(stroke, PENDING_ALPHA);
    if (pen.drawing) paper.line({ ...tools.now, points: pen.drawing }, PENDING_ALPHA);
  };

  function show() {
    paper.redraw();
    const { length } = strokes.all;
    const waiting = strokes.pending;
    const lines = `${length} ${length === 1 ? 'line' : 'lines'}`;
    const where = waiting === 0 ? 'all saved' : `${waiting} of them not yet saved`;
    byId('saved').textContent = length === 0 ? 'Nothing drawn yet' : `${lines}, ${where}`;
    byId('saved').dataset.waiting = String(waiting);
    byId('saved').dataset.lines = String(length);
  }

  function moved(x, y, points) {
    if (document.activeElement === board) cursors.own(x, y, points !== undefined);
    if (points) paper.redraw();
    const now = performance.now();
    // The start and end of a line are sent immediately, because no later event may follow.
    const same = (points !== undefined) === sentDrawing;
    if (same && now - sentAt < PEN_EVERY_MS) return;
    sentAt = now;
    sentDrawing = points !== undefined;
    // Sends only new points: if one of these events is lost, others see a shorter line until the complete one arrives.
    if (points) socket.volatile.emit('pen', x, y, tools.now, toBytes(points.slice(sentNumbers)));
    else socket.volatile.emit('pen', x, y);
    sentNumbers = points?.length ?? 0;
  }

  async function drawn(points) {
    sentNumbers = 0;
    const { colour, width } = tools.now;
    const id = crypto.randomUUID();
    strokes.add({ id, by: guest.id, colour, width, points, seq: undefined });
    const { seq } = await ask(socket.idempotent(id), 'stroke', { colour, width }, toBytes(points));
    if (seq === undefined) strokes.remove(id);
    else strokes.saved(id, seq);
  }

  function undo() {
    const last = strokes.lastOf(guest.id);
    if (last === undefined) return;
    strokes.remove(last.id);
    ask(socket, 'undo', last.id);
  }

  /** Sends an event until it is acknowledged, and shows the server's error. */
  async function ask(from, event, ...args) {
    try {
      const answer = await from.emitWithAck(event, ...args);
      if (answer.error) showError(answer.error);
      return answer;
    } catch (error) {
      showError(`Not saved: ${error.message}`);
      return {};
    }
  }

  socket.on('stroke', (about, bytes) => {
    cursors.finished(about.by);
    strokes.add({ ...about, points: fromBytes(bytes) });
  });
  socket.on('undone', (id) => strokes.remove(id));
  socket.on('cleared', (upTo) => strokes.clear(upTo));
  socket.on('pen', (by, x, y, stroke, bytes) => {
    cursors.moved(by, x, y, stroke, bytes ? fromBytes(bytes) : undefined);
    paper.redraw();
  });
  socket.on('here', (guests) => cursors.here(guests.filter(({ id }) => id !== guest.id)));
  loadWhenNew(socket, async () => {
    const loaded = await ask(socket, 'load');
    if (Array.isArray(loaded)) {
      strokes.replace(loaded.map((stroke) => ({ ...stroke, points: fromBytes(stroke.points) })));
    }
  });

  byId('undo').addEventListener('click', undo);
  byId('clear').addEventListener('click', () => {
    const { lastSeq } = strokes;
    strokes.clear(lastSeq);
    ask(socket, 'clear', lastSeq);
  });
}
