/** What client and server of the soak test share. */

/** Without retries, with retries, and with several retries in flight. */
export const namespaces = ['/', '/retried', '/window'] as const;

/** Bytes that are unique to a message. */
export const patternOf = (number: number, length: number): Buffer => Buffer.alloc(length, `${number};`);
