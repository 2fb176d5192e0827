// What is on the board, as far as this page knows: what the server has, and what is on its way there.

/** `changed` is told whenever something else is to be shown. */
export function createStrokes(changed) {
  /** By id: `{ id, by, colour, width, points, seq }`; `seq` is the server's, and missing while it is on its way. */
  let strokes = new Map();
  /** What was taken back here, and may still come. */
  const gone = new Set();

  const edit = (action) => {
    action();
    changed();
  };

  return {
    get all() {
      // What is on its way lies on top.
      return [...strokes.values()].sort((one, other) => (one.seq ?? Infinity) - (other.seq ?? Infinity));
    },
    get onTheWay() {
      return [...strokes.values()].filter(({ seq }) => seq === undefined).length;
    },
    get lastSeq() {
      return Math.max(0, ...[...strokes.values()].map(({ seq }) => seq ?? 0));
    },
    lastOf: (by) => [...strokes.values()].findLast((stroke) => stroke.by === by),
    add: (stroke) =>
      edit(() => {
        if (!gone.has(stroke.id) && strokes.get(stroke.id)?.seq === undefined) strokes.set(stroke.id, stroke);
      }),
    /** The server has it; 0 if it was cleared away meanwhile. */
    saved: (id, seq) =>
      edit(() => {
        const stroke = strokes.get(id);
        if (stroke === undefined) return;
        if (seq === 0) strokes.delete(id);
        else stroke.seq = seq;
      }),
    remove: (id) =>
      edit(() => {
        gone.add(id);
        strokes.delete(id);
      }),
    clear: (upTo) =>
      edit(() => {
        for (const { id, seq } of [...strokes.values()]) if (seq <= upTo) strokes.delete(id);
      }),
    /** What the server has now. What is on its way there stays. */
    replace: (loaded) =>
      edit(() => {
        const waiting = [...strokes.values()].filter(({ seq }) => seq === undefined);
        strokes = new Map([...loaded, ...waiting].map((stroke) => [stroke.id, stroke]));
        for (const id of gone) strokes.delete(id);
      }),
  };
}

/** Points travel as bytes: x and y in turn, four bytes each. */
export const toBytes = (points) => new Float32Array(points).buffer;
export const fromBytes = (bytes) => [...new Float32Array(bytes)];
