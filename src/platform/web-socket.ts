/** The global WebSocket of Bun and Deno, which accept request headers, and of runtimes that do not. */

interface Runtimes {
  readonly Bun?: unknown;
  readonly Deno?: unknown;
}

/** @param headers omitted if the runtime cannot send them, as in browsers */
export function makeWebSocket(
  uri: string,
  protocols: string | string[] | undefined,
  headers: Readonly<Record<string, string>>,
): WebSocket {
  const { Bun, Deno } = globalThis as Runtimes;
  if ((Bun || Deno) && Object.keys(headers).length > 0) {
    const options = { headers, protocols: protocols ?? [] };
    return new WebSocket(uri, options as unknown as string[]);
  }
  return new WebSocket(uri, protocols);
}
