/** What the types of this library know beyond those of socket.io-client. */
import {
  type ErrorCode,
  type EventIterator,
  type ExtendedError,
  events,
  io,
  Manager,
  type OutboxOptions,
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

export async function givingUp(socket: Socket<Listened, Emitted>, signal: AbortSignal): Promise<void> {
  const count = await socket.signal(signal).emitWithAck('count', 'a');
  same<typeof count, number>(true);
  socket.signal(signal).emit('count', 'a', (error, value) => {
    same<typeof error, Error>(true);
    same<typeof value, number>(true);
  });
  same<ReturnType<typeof socket.connect>, typeof socket>(true);
  const ready = await socket.connect({ signal }).open().ready({ signal });
  same<typeof ready, typeof socket>(true);
  await socket.io.drained({ signal });
  // @ts-expect-error: a controller is no signal
  socket.signal(new AbortController());
  // @ts-expect-error: a time is no signal
  await socket.ready({ signal: 5_000 });
}

export async function streams(socket: Socket<Listened, Emitted>, signal: AbortSignal): Promise<void> {
  const stream = events(socket, 'news', { limit: 10, whenFull: 'drop-oldest', signal });
  same<typeof stream, EventIterator<[headline: string]>>(true);
  const dropped: number = stream.dropped;
  for await (const [headline] of stream) {
    same<typeof headline, string>(true);
    if (dropped > 0) break;
  }
  for await (const [anything] of events(io(), 'anything')) void anything.goes;
  // @ts-expect-error: no such event
  events(socket, 'nothing');
  // @ts-expect-error: that is what the outbox does
  events(socket, 'news', { whenFull: 'refuse' });
}

export async function leaving(): Promise<void> {
  using socket = io<Listened, Emitted>();
  await using other = io('/other');
  socket.emit('done', () => {});
  other.emit('anything');
}

export function whatIsNotSent(socket: Socket<Listened, Emitted>): void {
  socket.on('dropped', (error, message) => {
    same<typeof error.code, ErrorCode | undefined>(true);
    same<typeof message, readonly unknown[]>(true);
  });
  socket.on('gap', ({ awayMs }) => {
    same<typeof awayMs, number>(true);
  });
  const removed: unknown[][] = socket.clearBuffer();
  const waiting: number = socket.bufferedAmount + socket.io.bufferedAmount + removed.length;
  socket
    .idempotent()
    .idempotent(String(waiting))
    .emit('done', () => {});
}

export function bounds(): void {
  const outbox: OutboxOptions = { maxPackets: 1, maxBytes: 2, maxAgeMs: 3, whenFull: 'drop-newest' };
  io({ outbox, retries: 3, retryWindow: 5, maxPendingAcks: 6, hideOffset: true });
  new Manager({ maxReceivedBytes: 1, maxAttachments: 2, highWaterMark: 3 }).socket('/', { outbox });
  // @ts-expect-error: the loop of events() does that
  io({ outbox: { whenFull: 'throw' } });
  // @ts-expect-error: no such bound
  io({ outbox: { maxPacket: 1 } });
}
