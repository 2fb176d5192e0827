import type { AnyClient, AnyServer, Stage } from './stage.js';

/** Functions that the behaviours share. */

export interface Behaviour {
  readonly options?: object;
  /** Runs it, and returns the result as JSON. */
  play(stage: Stage): Promise<unknown>;
}

/** Waits until everything sent has arrived: an answer follows it. */
export const flush = (client: AnyClient): Promise<unknown> => client.timeout(10_000).emitWithAck('flush');

/** Every client answers `flush` and is answered. */
export function answering(server: AnyServer, name = '/'): void {
  server.of(name).on('connection', (socket: AnyServer) => {
    socket.on('flush', (done: () => void) => done());
  });
}

export async function joined(stage: Stage, address?: string, options?: object): Promise<AnyClient> {
  const client = stage.connect(address, options);
  await stage.next(client, 'connect');
  return client;
}

/** A client and its socket on the server. */
export async function pair(
  stage: Stage,
  address = '/',
  options?: object,
): Promise<{ client: AnyClient; socket: AnyServer }> {
  const connected = stage.next(stage.server.of(address), 'connection');
  const client = await joined(stage, address, options);
  const [socket] = await connected;
  return { client, socket };
}

/** A log of a client's events, in order. */
export function record(client: AnyClient, ...names: string[]): unknown[] {
  const log: unknown[] = [];
  for (const name of names) client.on(name, (...args: unknown[]) => log.push([name, ...args]));
  return log;
}

/** Runs `act`, and returns the message of its exception. */
export function thrown(act: () => unknown): string {
  try {
    act();
    return 'nothing';
  } catch (error) {
    return (error as Error).message;
  }
}

export const asText = (error: unknown): string => `${(error as Error).message}`;
export const until = async (condition: () => unknown): Promise<void> => {
  const endMs = Date.now() + 10_000;
  while (!condition() && Date.now() < endMs) await new Promise((resolve) => setTimeout(resolve, 5));
};
