/** Opens one WebSocket by hand and reads its messages, for the doctor: a connection of the library would hide the failures. */
import { attempt } from './attempt.js';
import type { Clock } from './clock.js';

export interface Trial {
  /** `opened` if the server accepted the WebSocket; `failed` if it ended; `silent` if the deadline came first. */
  readonly end: 'done' | 'failed' | 'silent';
  readonly opened: boolean;
  /** The messages, in order. */
  readonly messages: readonly string[];
  /** Why the browser did not even try. */
  readonly refused?: string;
  readonly ms: number;
}

/**
 * @param answer called for each message: may send an answer; returns `true` when enough was seen
 */
export function tryWebSocket(
  address: string,
  clock: Clock,
  deadlineMs: number,
  answer: (message: string, send: (text: string) => void) => boolean,
): Promise<Trial> {
  const startedMs = clock.now();
  const messages: string[] = [];
  let opened = false;
  return new Promise((resolve) => {
    let socket: WebSocket | undefined;
    const end = (how: Trial['end'], refused?: string): void => {
      stop();
      if (socket) {
        socket.onopen = socket.onmessage = socket.onerror = socket.onclose = null;
        attempt(() => socket?.close());
      }
      const ms = Math.round(clock.now() - startedMs);
      resolve({ end: how, opened, messages, ms, ...(refused !== undefined && { refused }) });
    };
    const stop = clock.after(deadlineMs, () => end('silent'));
    try {
      socket = new WebSocket(address);
    } catch (error) {
      end('failed', (error as Error).message);
      return;
    }
    const made = socket;
    made.onopen = () => {
      opened = true;
    };
    made.onmessage = ({ data }) => {
      messages.push(`${data}`.slice(0, 1_000));
      if (answer(`${data}`, (text) => made.send(text))) end('done');
    };
    made.onerror = made.onclose = () => end('failed');
  });
}
