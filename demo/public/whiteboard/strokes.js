// The strokes known to this page: those saved by the server, and pending ones.

/** Calls `changed` whenever the strokes change. */
export function createStrokes(changed) {
  /** By id: `{ id, by, colour, width, points, seq }`; `seq` comes from the server, and is missing while the stroke is pending. */
  let strokes = new Map();
  /** Strokes that were undone here but may still arrive. */
  const removed = new Set();

  const edit = (action) => {
    action();
    changed();
  };

  return {
    get all() {
      // Pending strokes are on top.
      return [...strokes.values()].sort((one, other) => (one.seq ?? Infinity) - (other.seq ?? Infinity));
    },
    get pending() {
      return [...strokes.values()].filter(({ seq }) => seq === undefined).length;
    },
    get lastSeq() {
      return Math.max(0, ...[...strokes.values()].map(({ seq }) => seq ?? 0));
    },
    lastOf: (by) => [...strokes.values()].findLast((stroke) => stroke.by === by),
    add: (stroke) =>
      edit(() => {
        if (!removed.has(stroke.id) && strokes.get(stroke.id)?.seq === undefined)
          strokes.set(stroke.id, stroke);
      }),
    /** The server has saved the stroke; `seq` is 0 if it was cleared meanwhile. */
    saved: (id, seq) =>
      edit(() => {
        const stroke = strokes.get(id);
        if (stroke === undefined) return;
        if (seq === 0) strokes.delete(id);
        else stroke.seq = seq;
      }),
    remove: (id) =>
      edit(() => {
        removed.add(id);
        strokes.delete(id);
      }),
    clear: (upTo) =>
      edit(() => {
        for (const { id, seq } of [...strokes.values()]) if (seq <= upTo) strokes.delete(id);
      }),
    /** Replaces the saved strokes, and keeps the pending ones. */
    replace: (loaded) =>
      edit(() => {
        const waiting = [...strokes.values()].filter(({ seq }) => seq === undefined);
        strokes = new Map([...loaded, ...waiting].map((stroke) => [stroke.id, stroke]));
        for (const id of removed) strokes.delete(id);
      }),
  };
}

/** Points are sent as binary data: x and y alternating, four bytes each. */
export const toBytes = (points) => new Float32Array(points).buffer;
export const fromBytes = (bytes) => [...new Float32Array(bytes)];
