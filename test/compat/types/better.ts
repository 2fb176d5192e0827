/** What the types of this library know beyond those of socket.io-client. */
import {
  type ExtendedError,
  io,
  Manager,
  type RetryPolicyContext,
  type Socket,
  type Status,
} from '../../../src/index.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_same: Same<A, B>): void => {};

interface Listened {
  news: (headline: string) => void;
}

interface Emitted {
  count: (of: string, answer: (count: number) => void) => void;
  fails: (answer: (error: Error, value: string) => void) => void;
  done: (answer: () => void) => void;
}

export function argumentsOfIo(): void {
  const socket = io<Listened, Emitted>('https://example.org');
  same<typeof socket, Socket<Listened, Emitted>>(true);
  io<Listened, Emitted>({ path: '/p' }).on('news', (headline) => headline.trim());
  // @ts-expect-error: no such event
  io<Listened, Emitted>().on('nothing', () => {});
}

export async function answers(socket: Socket<Listened, Emitted>): Promise<void> {
  const count = await socket.emitWithAck('count', 'a');
  same<typeof count, number>(true);
  const inTime = await socket.timeout(1_000).emitWithAck('count', 'a');
  same<typeof inTime, number>(true);
  const nothing = await socket.emitWithAck('done');
  same<typeof nothing, undefined>(true);
  socket.timeout(1_000).emit('count', 'a', (error, value) => {
    same<typeof value, number>(true);
    return error;
  });
  // @ts-expect-error: a number is no text
  const text: string = await socket.timeout(1_000).emitWithAck('count', 'a');
  return void text;
}

export function managersAreTyped(): void {
  const socket = new Manager<Listened, Emitted>('https://example.org').socket('/a');
  same<typeof socket, Socket<Listened, Emitted>>(true);
}

export function errors(socket: Socket): void {
  socket.on('connect_error', (error) => {
    const known: ExtendedError = error;
    return known.data?.code;
  });
  socket.on('disconnect', (reason) => {
    // What the official types leave out.
    if (reason === 'forced close') socket.connect();
    // @ts-expect-error: no such reason
    if (reason === 'no such reason') socket.connect();
  });
}

export function aliases(socket: Socket<Listened, Emitted>): void {
  socket.addEventListener('news', (headline) => headline.trim());
  socket.removeEventListener('news');
  const nsp: string = socket.nsp;
  void nsp;
}

export function comingBack(): void {
  io({
    reconnectOnReject: (error, attempt) => (error.message === 'expired' ? attempt * 100 : false),
    retryPolicy: ({ attempt, online, delayMs }) => (online && attempt < 3 ? delayMs : null),
  });
  const policy = ({ elapsedMs, reason, error }: RetryPolicyContext): number =>
    elapsedMs + reason.length + (error?.message.length ?? 0);
  io({ retryPolicy: policy, verify: false });
  // @ts-expect-error: text is no time
  io({ retryPolicy: () => 'soon' });
  // @ts-expect-error: a promise cannot be waited for
  io({ reconnectOnReject: async () => true });
}

export function whatAPageShows(manager: Manager): string {
  const status: Status = manager.status;
  const transport: string | undefined = manager.transport;
  const [latencyMs, retryInMs]: (number | undefined)[] = [manager.latencyMs, manager.retryInMs];
  manager.on('status', (now) => {
    same<typeof now, Status>(true);
    // @ts-expect-error: no such status
    return now === 'asleep';
  });
  return `${status} ${transport} ${latencyMs} ${retryInMs}`;
}
