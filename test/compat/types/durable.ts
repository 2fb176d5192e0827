/** What the durable outbox takes and gives, by the event map of the socket. `npm run check` compiles it. */
import { io, type Plugin, type Socket } from '../../../src/index.js';
import { contract, type Schema } from '../../../src/plugins/contract/index.js';
import { type DurableEntry, durable } from '../../../src/plugins/durable/index.js';
import { legacy } from '../../../src/plugins/legacy/index.js';
import { schedule } from '../../../src/plugins/schedule.js';
import { tabs } from '../../../src/plugins/tabs/index.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_same: Same<A, B>): void => {};

interface Order {
  item: number;
}

interface Key {
  idempotencyKey: string;
}

interface ToServer {
  order: (order: Order, done: (receipt: string) => void) => void;
  /** Shared with the server, which gets the key. */
  pay: (amount: number, key: Key, done: (error: Error | null, receipt: string) => void) => void;
  many: (answer: (first: number, second: string) => void) => void;
  plain: (text: string) => void;
}

interface FromServer {
  news: (text: string) => void;
}

const outbox = durable({ name: 'app', owner: 7, maxAgeMs: 1_000, fallback: 'memory', strict: true });

export async function byTheMap(): Promise<void> {
  const socket: Socket<FromServer, ToServer> = io('https://example.org', { plugins: [outbox] });
  same<Awaited<ReturnType<typeof order>>, string>(true);
  async function order() {
    return outbox.emitWithAck(socket, 'order', { item: 7 });
  }
  const first = await outbox.emitWithAck(socket, 'many');
  same<typeof first, number>(true);
  const keyed = await outbox.emitWithAck(socket.idempotent('key'), 'order', { item: 7 });
  same<typeof keyed, string>(true);
  // The library adds the key.
  await outbox.emitWithAck(socket, 'pay', 5);
  // @ts-expect-error: a text is no order
  await outbox.emitWithAck(socket, 'order', 'item');
  // @ts-expect-error: the order is missing
  await outbox.emitWithAck(socket, 'order');
  // @ts-expect-error: no such event
  await outbox.emitWithAck(socket, 'shout', 'text');
  // @ts-expect-error: one too many
  await outbox.emitWithAck(socket, 'order', { item: 7 }, 5);
  // @ts-expect-error: it comes from the server
  await outbox.emitWithAck(socket, 'news', 'text');
}

export async function errorFirst(): Promise<void> {
  const socket = io<FromServer, ToServer>('https://example.org', { plugins: [outbox], errorFirstAcks: true });
  const receipt = await outbox.emitWithAck(socket, 'pay', 5);
  same<typeof receipt, string>(true);
}

export async function withoutAMap(): Promise<void> {
  const socket = io('https://example.org', { plugins: [outbox] });
  await outbox.emitWithAck(socket, 'anything', 1, { two: 2 });
}

const text = {} as Schema<string, string>;
const date = {} as Schema<string, Date>;

export async function byAContract(): Promise<void> {
  const chat = contract({
    toServer: { say: { args: [text, text], ack: date }, at: { args: [date] } },
    fromServer: { said: { args: [text] } },
  });
  const socket = io('https://example.org', { plugins: [chat, outbox] });
  const at = await outbox.emitWithAck(socket, 'say', 'a', 'b');
  same<typeof at, Date>(true);
  // @ts-expect-error: a number is no text
  await outbox.emitWithAck(socket, 'say', 'a', 5);
  // @ts-expect-error: the second text is missing
  await outbox.emitWithAck(socket, 'say', 'a');
  // @ts-expect-error: no such event
  await outbox.emitWithAck(socket, 'shout', 'a');
}

const optionalText = {} as Schema<string | undefined, string>;
const key = {} as Schema<Key, Key>;

export async function withOptionalArguments(): Promise<void> {
  const chat = contract({
    toServer: {
      say: { args: [text, optionalText], ack: date },
      order: { args: [text, key], ack: date },
    },
  });
  const socket = io('https://example.org', { plugins: [chat, outbox] });
  const dates = [
    await socket.emitWithAck('say', 'a'),
    await outbox.emitWithAck(socket, 'say', 'a'),
    await outbox.emitWithAck(socket, 'say', 'a', 'b'),
    await outbox.emitWithAck(socket, 'order', 'a'),
  ];
  same<typeof dates, Date[]>(true);
  socket.emit('say', 'a', (at) => at.getTime()).emit('say', 'a', 'b', (at) => at.getTime());
  // @ts-expect-error: the first text is missing
  await socket.emitWithAck('say');
  // @ts-expect-error: the outbox adds the key
  await outbox.emitWithAck(socket, 'order', 'a', { idempotencyKey: 'b' });
}

/** A plugin of another package. */
declare const counter: Plugin;

export function amongOtherPlugins(): void {
  const chat = contract({ toServer: { say: { args: [text] } }, fromServer: { said: { args: [text] } } });
  for (const socket of [
    io('https://example.org', { plugins: [chat, tabs()] }),
    io('https://example.org', { plugins: [legacy(), schedule(), chat, outbox, tabs({ key: '7' })] }),
    io({ plugins: [counter, chat] }),
  ]) {
    socket.emit('say', 'a');
    // @ts-expect-error: a number is no text
    socket.emit('say', 5);
    // @ts-expect-error: no such event
    socket.emit('shout', 'a');
  }
}

export async function whatWaits(): Promise<void> {
  const entries = await outbox.pending();
  same<typeof entries, DurableEntry[]>(true);
  outbox.onSettled((entry, { answer, error }) => {
    if (error) error.code.toLowerCase();
    else answer.length.toFixed();
    entry.args.length.toFixed();
  });
  const stop: () => void = outbox.onRestored((all) => all[0]?.sinceMs.toFixed());
  stop();
  // @ts-expect-error: the entries are not to be changed
  entries[0].tries = 5;
  // @ts-expect-error: no such fallback
  durable({ name: 'app', owner: 7, fallback: 'disk' });
  // @ts-expect-error: without an owner, everybody's messages would be sent
  durable({ name: 'app' });
}
