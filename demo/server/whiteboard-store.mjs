// Stores whiteboards outside the Socket.IO server, like a database, so that they survive its restarts; and which notes of the two
// compared clients have arrived.
//
// Every change may arrive twice, because a page resends it until it is acknowledged. So every change is idempotent: additions
// have an id, and removed ids are remembered.

export const MAX_BOARDS = 50;
export const MAX_STROKES = 2_000;
const KEPT_MESSAGES = 200;
const KNOWN_IDS = 5_000;
const MAX_CLIENTS = 500;
/** How many missing numbers of a client are kept, the newest: they may still arrive. */
const MAX_MISSING = 10_000;

/**
 * @typedef {{ id: string, by: string, colour: string, width: number, points: Buffer }} Stroke
 * @typedef {{ id: string, by: string, name: string, colour: string, text: string, at: number }} Message
 */

export function createMemoryStore() {
  /** @type {Map<string, ReturnType<typeof newBoard>>} */
  const boards = new Map();
  /** @type {Map<string, { highest: number, received: number, missing: Set<number> }>} */
  const clients = new Map();

  function client(id) {
    const found = clients.get(id) ?? { highest: 0, received: 0, missing: new Set() };
    clients.delete(id);
    clients.set(id, found);
    if (clients.size > MAX_CLIENTS) clients.delete([...clients.keys()][0] ?? '');
    return found;
  }

  function board(name) {
    const found = boards.get(name) ?? newBoard();
    // Evicts the least recently used board.
    boards.delete(name);
    boards.set(name, found);
    if (boards.size > MAX_BOARDS) boards.delete([...boards.keys()][0] ?? '');
    return found;
  }

  return {
    /**
     * @param {string} name
     * @param {Stroke} stroke
     * @returns {Promise<{ seq: number, isNew: boolean } | undefined>} `undefined` if the board is full
     */
    async addStroke(name, stroke) {
      const { strokes, gone, counter } = board(name);
      const known = strokes.get(stroke.id);
      if (known) return { seq: known.seq, isNew: false };
      if (gone.has(stroke.id)) return { seq: 0, isNew: false };
      if (strokes.size >= MAX_STROKES) return undefined;
      counter.seq += 1;
      strokes.set(stroke.id, { ...stroke, seq: counter.seq });
      return { seq: counter.seq, isNew: true };
    },
    /** @param {string} name @param {string} id @param {string} by  only the author can remove a stroke */
    async removeStroke(name, id, by) {
      const { strokes, gone } = board(name);
      const stroke = strokes.get(id);
      if (stroke !== undefined && stroke.by !== by) return false;
      // Remembers unknown ids too: the stroke may arrive later.
      remember(gone, id);
      return strokes.delete(id);
    },
    /** Removes the strokes up to a sequence number, which are those that the user had seen. */
    async clear(name, upTo) {
      const { strokes, gone } = board(name);
      for (const { id, seq } of [...strokes.values()]) {
        if (seq > upTo) continue;
        strokes.delete(id);
        remember(gone, id);
      }
    },
    /** @param {string} name @param {Message} message @returns {Promise<boolean>} whether it is new */
    async addMessage(name, message) {
      const { messages, known } = board(name);
      if (known.has(message.id)) return false;
      remember(known, message.id);
      messages.push(message);
      if (messages.length > KEPT_MESSAGES) messages.shift();
      return true;
    },
    /** A note of a client has arrived: they are numbered from 1. */
    async addNote(id, number) {
      const notes = client(id);
      if (number <= notes.highest) {
        if (notes.missing.delete(number)) notes.received += 1;
        return;
      }
      for (let i = Math.max(notes.highest + 1, number - MAX_MISSING); i < number; i += 1)
        notes.missing.add(i);
      notes.highest = number;
      notes.received += 1;
    },
    /** @returns {Promise<{ highest: number, received: number }>} the highest number that has arrived, and how many have */
    async notes(id) {
      const { highest, received } = client(id);
      return { highest, received };
    },
    async strokes(name) {
      return [...board(name).strokes.values()];
    },
    async messages(name) {
      return [...board(name).messages];
    },
  };
}

function newBoard() {
  return {
    counter: { seq: 0 },
    /** @type {Map<string, Stroke & { seq: number }>} */
    strokes: new Map(),
    /** @type {Set<string>} */
    gone: new Set(),
    /** @type {Message[]} */
    messages: [],
    /** @type {Set<string>} */
    known: new Set(),
  };
}

function remember(ids, id) {
  ids.add(id);
  if (ids.size > KNOWN_IDS) ids.delete([...ids][0]);
}
