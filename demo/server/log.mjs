// The server's log: printed, kept for a while, and followed by every open page.

const KEPT_LINES = 200;

export function createLog({ print = console.log } = {}) {
  const lines = [];
  const followers = new Set();
  let count = 0;

  return {
    /** `area` is a namespace, or `server`; `kind` lets a reader leave out what repeats (`timer`). */
    write(area, text, kind = 'event') {
      const line = { id: ++count, at: Date.now(), area, kind, text };
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      print(`${new Date(line.at).toISOString().slice(11, 23)}  ${area.padEnd(17)}  ${text}`);
      for (const follower of followers) follower(line);
    },
    since(id) {
      return lines.filter((line) => line.id > id);
    },
    follow(follower) {
      followers.add(follower);
      return () => followers.delete(follower);
    },
  };
}

/**
 * One argument of an event, short enough for a log line. Strings go through JSON, so that what a
 * visitor sends cannot write line breaks or control characters into the terminal.
 */
export function describe(value) {
  if (Buffer.isBuffer(value)) return `Buffer(${value.length})`;
  if (typeof value === 'function') return 'ack()';
  const text = JSON.stringify(value, nameBuffers);
  if (text === undefined) return String(value);
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}

/** Inside an object, JSON shows a Buffer byte by byte: thousands of numbers nobody reads. */
function nameBuffers(_key, value) {
  const isBuffer = value?.type === 'Buffer' && Array.isArray(value.data);
  return isBuffer ? `Buffer(${value.data.length})` : value;
}
