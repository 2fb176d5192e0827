/**
 * Unique ids, even if the page seeds `Math.random`, replaces built-ins or lacks `crypto`.
 */
import { attempt } from './attempt.js';

let count = 0;
let last: unknown;

/** A globally unique id. */
export function randomId(): string {
  // Only in secure contexts.
  const uuid: unknown = attempt(() => crypto.randomUUID());
  if (uuid && typeof uuid === 'string' && uuid !== last) {
    last = uuid;
    return uuid;
  }
  const bytes = new Uint8Array(16);
  attempt(() => crypto.getRandomValues(bytes));
  let id = `${Date.now().toString(36)}-${count++}-`;
  for (let i = 0; i < 16; i++) id += ((bytes[i] as number) ^ (Math.random() * 256)).toString(36);
  return id;
}
