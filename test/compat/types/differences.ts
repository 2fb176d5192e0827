/**
 * Where the types of holdfast and of socket.io-client differ, all of it on purpose. What follows "only holdfast" does not compile with
 * socket.io-client, what follows "only socket.io-client" does not compile with holdfast; `types.test.ts` looks that each of them is still so.
 * `better.ts` tells more of what holdfast adds.
 */
import { io, Manager, Socket } from '../../../src/index.js';

const use = (..._values: unknown[]): void => {};

interface Heard {
  news: (headline: string) => void;
}
interface Said {
  save: (text: string, saved: (id: number) => void) => void;
  load: (id: number, loaded: (text: string, cached: boolean) => void) => void;
}

// --- What holdfast allows ---

export function allowed(socket: Socket<Heard, Said>, token: string | undefined): void {
  // only holdfast: io() takes event maps
  use(io<Heard, Said>('https://example.org'));
  // only holdfast: who needs no acknowledgement asks for none
  socket.emit('save', 'text');
  // only holdfast: an option that is undefined is one that was left out, also under exactOptionalPropertyTypes
  use(io({ auth: token ? { token } : undefined }));
  // only holdfast: no time limit
  io({ timeout: false });
  // only holdfast: a query as text
  io({ query: 'token=abc' });
  // only holdfast: certificates and keys as Node takes them
  io({ cert: new Uint8Array(1) });
  // only holdfast: the namespace may be read
  use(socket.nsp.length);
  // only holdfast: other names of on() and off(), which the official client has without types
  socket.addEventListener('news', () => {});
  // only holdfast: removeAllListeners is off(), which takes a listener as well
  socket.removeAllListeners('news', () => {});
  socket.on('connect_error', (error) => {
    // only holdfast: what went wrong, in one word
    use(error.code);
  });
  // only holdfast: events of its own
  socket.on('gap', () => {});
}

// --- What holdfast does not allow ---

/** A wrapper that implements every member of a socket would have to implement those that only holdfast has. */
type EveryMember = { [Member in keyof Socket]: unknown };
// @ts-expect-error only socket.io-client: members that only holdfast has are missing
const everyMember: EveryMember = {
  io: 1,
  id: 1,
  connected: 1,
  recovered: 1,
  auth: 1,
  receiveBuffer: 1,
  sendBuffer: 1,
  disconnected: 1,
  active: 1,
  connect: 1,
  open: 1,
  send: 1,
  emit: 1,
  emitWithAck: 1,
  disconnect: 1,
  close: 1,
  compress: 1,
  volatile: 1,
  timeout: 1,
  onAny: 1,
  prependAny: 1,
  offAny: 1,
  listenersAny: 1,
  onAnyOutgoing: 1,
  prependAnyOutgoing: 1,
  offAnyOutgoing: 1,
  listenersAnyOutgoing: 1,
  on: 1,
  once: 1,
  off: 1,
  listeners: 1,
  hasListeners: 1,
  removeListener: 1,
  removeAllListeners: 1,
};
use(everyMember);

export class Emitting extends Manager {
  tell(): void {
    // @ts-expect-error only socket.io-client: the events of the library are the library's
    this.emitReserved('ping');
  }
}

// @ts-expect-error only socket.io-client: a stand-in for io() needs a cast, since io() takes event maps
export const standIn: typeof io = () => ({}) as Socket;

export class Connected extends Socket {
  // @ts-expect-error only socket.io-client: whether it is connected is no field
  override connected = true;
}

export async function answers(socket: Socket<Heard, Said>): Promise<void> {
  // @ts-expect-error only socket.io-client: of several values in an acknowledgement, the first one is the answer
  const loaded: Date = await socket.emitWithAck('load', 1);
  // @ts-expect-error only socket.io-client: the answer has a type within a time, too
  const saved: Date = await socket.timeout(5).emitWithAck('save', 'text');
  use(loaded, saved);
}

export function misuses(manager: Manager<Heard, Said>, socket: Socket<Heard, Said>): void {
  // @ts-expect-error only socket.io-client: the sockets of a manager have its event maps
  manager.socket('/').on('nothing', () => {});
  // @ts-expect-error only socket.io-client: `true` is no time
  manager.timeout(true);
  // @ts-expect-error only socket.io-client: the code is text
  socket.on('connect_error', (error: Error & { code?: number }) => use(error.code));
}
