/** For messages of the development build: the names of events that wait for an acknowledgement. A message that was sent has none any more. */
import type { Socket } from './socket.js';

export interface AckName {
  readonly event: string;
  /** What to do if nothing answers. */
  readonly advice: string;
}

const names = /* @__PURE__ */ new WeakMap<object, AckName>();
const watchers = /* @__PURE__ */ new WeakMap<object, () => void>();

/** The name that was given to a callback. */
export const ackNameOf = (callback: object | undefined): AckName | undefined =>
  callback && names.get(callback);

/** Names an event of this socket by the callback of its acknowledgement. */
export function nameAck(socket: Socket, callback: object, name: AckName): void {
  names.set(callback, name);
  watchers.get(socket)?.();
}

/** Calls `named` whenever an event of this socket is named. */
export function watchAckNames(socket: Socket, named: () => void): void {
  watchers.set(socket, named);
}
