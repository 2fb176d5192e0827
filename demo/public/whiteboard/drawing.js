// The board: strokes come and go with acknowledgements, the other pens as volatile events that nobody waits for.

import { byId } from '../shared/dom.js';
import { loadWhenNew } from './connect.js';
import { createCursors } from './cursors.js';
import { createPaper } from './paper.js';
import { createPen } from './pen.js';
import { createStrokes, fromBytes, toBytes } from './strokes.js';
import { readTools } from './tools.js';

const PEN_EVERY_MS = 40;
const ON_THE_WAY = 0.55;

export function mountDrawing({ socket, guest, complain }) {
  const board = byId('board');
  const paper = createPaper(byId('paper'));
  const tools = readTools(guest);
  const cursors = createCursors(byId('cursors'));
  const strokes = createStrokes(show);
  let toldAt = 0;
  let toldDrawing = false;
  /** How much of the line that is being drawn the others were told. */
  let toldNumbers = 0;

  const pen = createPen(board, paper.place, { moved, drawn, undo });

  paper.onDraw = () => {
    for (const stroke of strokes.all) paper.line(stroke, stroke.seq === undefined ? ON_THE_WAY : 1);
    for (const stroke of cursors.drawing) paper.line(stroke, ON_THE_WAY);
    if (pen.drawing) paper.line({ ...tools.now, points: pen.drawing }, ON_THE_WAY);
  };

  function show() {
    paper.redraw();
    const { length } = strokes.all;
    const waiting = strokes.onTheWay;
    const lines = `${length} ${length === 1 ? 'line' : 'lines'}`;
    const where = waiting === 0 ? 'all saved' : `${waiting} of them on the way to the server`;
    byId('saved').textContent = length === 0 ? 'Nothing drawn yet' : `${lines}, ${where}`;
    byId('saved').dataset.waiting = String(waiting);
    byId('saved').dataset.lines = String(length);
  }

  function moved(x, y, points) {
    if (document.activeElement === board) cursors.own(x, y, points !== undefined);
    if (points) paper.redraw();
    const now = performance.now();
    // That a line begins or ends is told at once: nothing may come after it.
    const same = (points !== undefined) === toldDrawing;
    if (same && now - toldAt < PEN_EVERY_MS) return;
    toldAt = now;
    toldDrawing = points !== undefined;
    // Only what is new: should one of these be lost, the others see a shorter line until the whole one comes.
    if (points) socket.volatile.emit('pen', x, y, tools.now, toBytes(points.slice(toldNumbers)));
    else socket.volatile.emit('pen', x, y);
    toldNumbers = points?.length ?? 0;
  }

  async function drawn(points) {
    toldNumbers = 0;
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

  /** Sent until it is answered; an error of the server is shown. */
  async function ask(from, event, ...args) {
    try {
      const answer = await from.emitWithAck(event, ...args);
      if (answer.error) complain(answer.error);
      return answer;
    } catch (error) {
      complain(`Not saved: ${error.message}`);
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
