/** A globally unique id. */
export function randomId(): string {
  return globalThis.crypto.randomUUID();
}
