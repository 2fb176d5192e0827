/**
 * Ids that are never given twice, although the page may seed `Math.random`, replace built-ins or lack `crypto`.
 */
import { attempt } from './attempt.js';

let count = 0;
let last: unknown;

/** A new id at every call, on every page. */
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
