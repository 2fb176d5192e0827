/** The global WebSocket of Bun and Deno, which accept request headers, and of runtimes that do not. */

/** Whether this runtime sends request headers with a WebSocket. */
export const SENDS_HEADERS: boolean = ['Bun', 'Deno'].some((name) => name in globalThis);

/** @param headers omitted if the runtime cannot send them, as in browsers */
export function makeWebSocket(
  uri: string,
  protocols: string | string[] | undefined,
  headers: Readonly<Record<string, string>>,
): WebSocket {
  if (SENDS_HEADERS && Object.keys(headers).length > 0) {
    const options = { headers, protocols: protocols ?? [] };
    return new WebSocket(uri, options as unknown as string[]);
  }
  return new WebSocket(uri, protocols);
}
