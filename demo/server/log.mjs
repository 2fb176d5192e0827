// The server's log: printed, kept for a while, and streamed to every open page.

const KEPT_LINES = 200;

export function createLog({ print = console.log } = {}) {
  const lines = [];
  const followers = new Set();
  let count = 0;

  return {
    /** `area` is a namespace, or `server`; `kind` lets a reader hide repeated lines (`timer`). */
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
 * Formats one argument of an event for a log line. Strings are JSON-encoded, so that visitors
 * cannot write line breaks or control characters to the terminal.
 */
export function describe(value) {
  if (Buffer.isBuffer(value)) return `Buffer(${value.length})`;
  if (typeof value === 'function') return 'ack()';
  const text = JSON.stringify(value, nameBuffers);
  if (text === undefined) return String(value);
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}

/** Inside an object, JSON would list every byte of a Buffer. */
function nameBuffers(_key, value) {
  const isBuffer = value?.type === 'Buffer' && Array.isArray(value.data);
  return isBuffer ? `Buffer(${value.data.length})` : value;
}
