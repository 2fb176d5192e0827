// Formats values and numbers for display.

export const shortId = (id) => (id ? id.slice(0, 6) : 'none');

export const clock = (at) => new Date(at).toLocaleTimeString('en-GB', { hour12: false });

export const duration = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** The time since `at` in whole seconds, for texts that are updated every second. */
export function since(at) {
  const total = Math.max(0, Math.floor((Date.now() - at) / 1000));
  return total < 60 ? `${total} s` : `${Math.floor(total / 60)} min ${total % 60} s`;
}

export function bytes(count) {
  if (count < 1000) return `${count} bytes`;
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1_000_000).toFixed(1)} MB`;
}

/** One argument of an event. */
export function describe(value) {
  if (value instanceof File) return `File(${value.name}, ${bytes(value.size)})`;
  if (value instanceof Blob) return `Blob(${bytes(value.size)})`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${bytes(value.byteLength)})`;
  if (typeof value === 'function') return 'ack()';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 160 ? `${text.slice(0, 157)}…` : text;
}
