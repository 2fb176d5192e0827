/** What the types of this library know beyond those of socket.io-client. */
// biome-ignore-all lint/suspicious/noExplicitAny: what is asked is whether a type is any
import {
  type ConnectionSnapshot,
  type ContractViolation,
  type ErrorCode,
  type ErrorFirstSocket,
  type EventIterator,
  type ExtendedError,
  events,
  io,
  type Kept,
  keep,
  listen,
  Manager,
  next,
  type Options,
  type OutboxOptions,
  type RetryPolicyContext,
  type Socket,
  type Status,
  store,
  type TransportName,
} from '../../../src/index.js';
import { type ScheduleOptions, schedule } from '../../../src/plugins/schedule.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_same: Same<A, B>): void => {};

interface Listened {
  news: (headline: string) => void;
}

interface Emitted {
  count: (of: string, answer: (count: number) => void) => void;
  fails: (answer: (error: Error, value: string) => void) => void;
  done: (answer: () => void) => void;
  log: (level: string, ...parts: number[]) => void;
  data: (data: unknown) => void;
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
  same<typeof nothing, unknown>(true);
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
    same<typeof known.code, ErrorCode | undefined>(true);
    for (const { transport, ms } of known.attempts ?? []) void [transport, ms];
    // @ts-expect-error: no such code
    if (known.code === 'NOT_A_CODE') return;
    return known.data?.code;
  });
  socket.on('disconnect', (reason) => {
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
    reconnectOnReject: (error, attempt) =>
      error.message === 'expired' || error.data?.retry ? attempt * 100 : error.code === 'CONNECT_REJECTED',
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
  const transport: TransportName | undefined = manager.transport;
  if (transport === 'websocket' || transport === 'polling' || transport === 'webtransport') void transport;
  // @ts-expect-error: no transport is called so
  if (transport === 'web-socket') return 'never';
  // Classes of the program's own have names of their own.
  if ((transport as string) === 'mine') return 'mine';
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
    same<
      typeof message,
      | readonly [event: 'count', of: string]
      | readonly [event: 'fails']
      | readonly [event: 'done']
      | readonly [event: 'log', level: string, ...parts: number[]]
      | readonly [event: 'data', data: unknown]
    >(true);
    if (message[0] === 'count') message[1].trim();
    // @ts-expect-error: no such event is emitted
    return message[0] === 'news';
  });
  socket.once('gap', ({ awayMs }) => {
    same<typeof awayMs, number>(true);
  });
  const listener = (error: Error, message: readonly unknown[]): void => void [error, message];
  socket.on('dropped', listener).off('dropped', listener).off('gap').removeAllListeners('dropped');
  const listening: boolean = socket.hasListeners('dropped') && socket.listeners('gap').length > 0;
  // Without event maps, names and arguments are anybody's.
  io().on('dropped', (error, [name, ...args]) => void [error.code, name, args]);
  // @ts-expect-error: an event is no text
  socket.on('dropped', (_error, message: string) => message);
  // @ts-expect-error: the library fires it
  socket.emit('gap', { awayMs: 1 });
  const removed: unknown[][] = socket.clearBuffer();
  const waiting: number = socket.bufferedAmount + socket.io.bufferedAmount + removed.length;
  socket
    .idempotent()
    .idempotent(String(waiting + Number(listening)))
    .emit('done', () => {});
}

/** The callbacks are optional, as a server declares them that cannot know whether it is asked for an answer. */
export async function optionalAcks(): Promise<void> {
  interface Lenient {
    save: (text: string, saved?: (id: number) => void) => void;
    flush: (flushed?: () => void) => void;
    text: (text?: string) => void;
  }
  const socket: Socket<Listened, Lenient> = io();
  // The answer is not typed then, as with the official client.
  const id: number = await socket.emitWithAck('save', 'a');
  await socket.timeout(1).emitWithAck('flush', id);
  socket.emit('save', 'a').emit('flush').emit('text').emit('text', 'a');
  socket.emit('save', 'a', (saved) => saved.toFixed());
  socket.timeout(1).emit('save', 'a', (error, saved) => [error.message, saved.toFixed()]);
  socket.timeout(1).emit('flush', (error) => error.message);
  socket.timeout(1).emit('text', 'a');
  // @ts-expect-error: the id is a number
  socket.timeout(1).emit('save', 'a', (_error, saved: string) => saved);
}

/** A map of events that is shared with the server, which gets the key as an argument. */
interface Orders {
  order: (drink: string, key: { idempotencyKey: string }, ordered: (id: number) => void) => void;
  pay: (amount: number, key: { readonly idempotencyKey?: string; at: number }) => void;
  cancel: (id: number, cancelled: (done: boolean) => void) => void;
  any: (value: any, other: any) => void;
}

export async function idempotency(socket: Socket<Listened, Orders>): Promise<void> {
  const id = await socket.idempotent('k').emitWithAck('order', 'tea');
  same<typeof id, number>(true);
  const inTime = await socket.idempotent('k').timeout(1).emitWithAck('order', 'tea');
  same<typeof inTime, number>(true);
  const later = await socket.timeout(1).idempotent().volatile.emitWithAck('order', 'tea');
  same<typeof later, number>(true);
  const done = await socket.idempotent().emitWithAck('cancel', 1);
  same<typeof done, boolean>(true);
  socket.idempotent().emit('order', 'tea', (given) => given.toFixed());
  socket.idempotent().emit('order', 'tea').emit('pay', 1).emit('any', 1, 2).compress(true).emit('cancel', 1);
  socket
    .timeout(1)
    .idempotent()
    .emit('order', 'tea', (error, given) => [error.message, given.toFixed()]);
  socket.emit('order', 'tea', { idempotencyKey: 'k' }, () => {});
  io().idempotent('k').emit('anything', 1, 'two');
  // @ts-expect-error: the key is missing
  socket.emit('order', 'tea', () => {});
  // @ts-expect-error: the key comes from idempotent()
  socket.idempotent().emit('order', 'tea', { idempotencyKey: 'k' }, () => {});
  // @ts-expect-error: the drink is missing
  await socket.idempotent().emitWithAck('order');
  // @ts-expect-error: there are two values
  socket.idempotent().emit('any', 1);
}

export function withoutAck(socket: Socket<Listened, Emitted>): void {
  socket.emit('count', 'a').emit('done').emit('fails').emit('log', 'info', 1, 2);
  socket.volatile.emit('count', 'a');
  socket.timeout(1).emit('count', 'a');
  socket.emit('count', 'a', (count) => {
    same<typeof count, number>(true);
  });
  socket.emit('data', () => {});
  // @ts-expect-error: the text is missing
  socket.emit('count');
  // @ts-expect-error: the answer is a number
  socket.emit('count', 'a', (count: string) => count);
  // @ts-expect-error: data is no acknowledgement
  socket.emit('data');
  // @ts-expect-error: an argument too many
  socket.emit('done', 1);
}

export async function errorFirst(): Promise<void> {
  interface Rows {
    rows: (table: string, answer: (error: Error | null, rows: string[]) => void) => void;
    text: (table: string, answer: (error: string | null, text: string, cached: boolean) => void) => void;
    ping: (answer: (error?: Error) => void) => void;
  }
  const socket = io<Listened, Rows>('https://example.org', { errorFirstAcks: true });
  same<typeof socket, ErrorFirstSocket<Listened, Rows>>(true);
  const rows = await socket.emitWithAck('rows', 'a');
  same<typeof rows, string[]>(true);
  const text = await socket.emitWithAck('text', 'a');
  same<typeof text, string>(true);
  const inTime = await socket.timeout(1).emitWithAck('rows', 'a');
  same<typeof inTime, string[]>(true);
  const once = await socket.idempotent().timeout(1).idempotent('k').emitWithAck('rows', 'a');
  same<typeof once, string[]>(true);
  await socket.emitWithAck('ping');
  // The callback itself is called as ever.
  socket.emit('rows', 'a', (error, found) => [error?.message, found.length]);
  const untyped = io({ errorFirstAcks: true });
  (await untyped.emitWithAck('anything', 1)).goes();
  const plain: Socket<Listened, Rows> = io();
  const first = await plain.emitWithAck('rows', 'a');
  same<typeof first, Error | null>(true);
}

export function whatOptionsAre(token: string | undefined): void {
  const options: Options = {
    auth: token ? { token } : undefined,
    reconnection: token ? true : undefined,
    transports: undefined,
    outbox: { maxPackets: undefined, whenFull: token ? 'refuse' : undefined },
    timeout: false,
    query: 'a=b',
    retryPolicy: undefined,
  };
  io(options);
  io('https://example.org', { ...options, path: undefined });
  const manager = new Manager('https://example.org', options);
  manager.socket('/', { ackTimeout: undefined, retries: token ? 3 : undefined });
  events(io(), 'a', { limit: undefined, whenFull: undefined, signal: undefined });
  for (const name of ['auth', 'query'] as (keyof Options)[]) void options[name];
  // @ts-expect-error: misspelt
  const misspelt: Options = { reconectionDelay: 1 };
  // @ts-expect-error: misspelt
  new Manager({ transport: ['polling'] });
  // @ts-expect-error: misspelt
  manager.socket('/', { ackTimeOut: 1 });
  // @ts-expect-error: an option of the connection
  manager.socket('/', { reconnection: false });
  // @ts-expect-error: misspelt
  io('https://example.org', { ...options, ackTimeouts: 1 });
  void misspelt;
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

export function bursts(): void {
  const options: ScheduleOptions = {
    sliceMs: 8,
    coalesce: { cursor: ([id]) => id, none: () => undefined },
  };
  const socket = io<Listened, Emitted>({ plugins: [schedule(options)] });
  same<typeof socket.io.pendingIncoming, number | undefined>(true);
  // @ts-expect-error: only the plugin knows how many there are
  socket.io.pendingIncoming = 0;
  // @ts-expect-error: a function from the arguments to the key
  schedule({ coalesce: { cursor: 'id' } });
  // @ts-expect-error: no such option
  schedule({ sliceMS: 8 });
}

export async function standing(socket: Socket<Listened, Emitted>): Promise<void> {
  const room = keep(socket, 'count', 'lobby', { undo: 'done' });
  same<typeof room, Kept<number>>(true);
  const first: number = await room.ready;
  same<typeof room.error, Error | undefined>(true);
  keep(socket, 'log', 'info', 1, first).release();
  using data = keep(socket, 'data', { undo: 'done' });
  void data;
  keep(io(), 'join', 'lobby', { undo: 'leave' });
  // @ts-expect-error: no such event
  keep(socket, 'join', 'lobby');
  // @ts-expect-error: the text is missing
  keep(socket, 'count', { undo: 'done' });
  // @ts-expect-error: no such event ends it
  keep(socket, 'count', 'lobby', { undo: 'leave' });
  // @ts-expect-error: the acknowledgement is room.ready
  keep(socket, 'count', 'lobby', (count: number) => count);
}

export async function hearing(socket: Socket<Listened, Emitted>, signal: AbortSignal): Promise<void> {
  const end = listen(socket, 'news', (headline) => headline.trim(), { signal });
  end();
  listen(socket, 'connect_error', (error) => {
    same<typeof error.code, ErrorCode | undefined>(true);
  });
  listen(socket, 'gap', ({ awayMs }) => void awayMs.toFixed());
  listen(socket, 'dropped', (error, message) => void [error.code, message[0]]);
  const [headline] = await next(socket, 'news', { signal });
  same<typeof headline, string>(true);
  const [reason] = await next(socket, 'disconnect');
  // @ts-expect-error: no such reason
  if (reason === 'no such reason') return;
  const [anything] = await next(io(), 'anything');
  anything.goes();
  // @ts-expect-error: no such event
  listen(socket, 'nothing', () => {});
  // @ts-expect-error: a headline is a text
  listen(socket, 'news', (wrong: number) => wrong);
  // @ts-expect-error: no such event
  await next(socket, 'nothing');
}

export function whatIsShown(socket: Socket<Listened, Emitted>): string {
  const { subscribe, snapshot } = store(socket);
  const now: ConnectionSnapshot = snapshot();
  store(socket.io).subscribe(() => {})();
  subscribe(() => {});
  // @ts-expect-error: no such status
  if (now.status === 'idle') return 'never';
  // @ts-expect-error: a snapshot stays as it is
  now.status = 'closed';
  // @ts-expect-error: neither a socket nor a manager
  store('https://example.org');
  return `${now.status} ${now.transport} ${now.latencyMs} ${now.retryInMs}`;
}

export function invalid(socket: Socket<Listened, Emitted>): void {
  socket.on('invalid', (error, message) => {
    same<typeof error, ContractViolation>(true);
    return [error.event, error.path[0], error.expected, error.issues[0]?.message, message[0]];
  });
}
