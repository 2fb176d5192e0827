import { type Ref, refTo } from '../../platform/weak-cache.js';
import { textOf } from '../../protocol/text-of.js';
import type { Socket } from '../../socket/socket.js';
import { destinationOf, say } from './say.js';

/** This many sockets of one namespace, each with its own connection, are too many. */
const MANY = 4;

/** The sockets of each namespace that the program created without `forceNew`, and had not closed when it created the next one. */
const living = new Map<string, Ref<Socket>[]>();

/** Warns of a new socket that the program probably did not want: its plugin comes too late, or it is one of many. */
export function examineSocket(socket: Socket): void {
  const { io, nsp } = socket;
  const destination = destinationOf(io);
  for (const { name, manager, identity } of socket._options.plugins ?? []) {
    const used = io._plugins.find((one) => one.name === name);
    const same = used && textOf(used.identity) === textOf(identity);
    if (!manager || same) continue;
    const having = used ? ', which has it with other options' : '';
    say(
      `late ${name}`,
      `the plugin "${name}" was given to a socket of an existing connection to ${destination?.origin ?? io.uri}${having}`,
      'It has no effect there',
      'give it to the first io() of this address, or pass { forceNew: true }',
      'plugins.md',
    );
  }
  if (destination && !io._option('forceNew') && io._option('multiplex') !== false) {
    const key = `${destination.origin}${destination.path} ${nsp}`;
    const sockets = (living.get(key) ?? []).filter((ref) => ref.deref()?.active);
    // This one is not active yet.
    const count = sockets.push(refTo(socket as Socket));
    living.set(key, sockets);
    if (count >= MANY) {
      say(
        `many ${key}`,
        `this page has ${count} connections to the namespace "${nsp}" of ${destination.origin}`,
        'Each of them stays open',
        'call io() once, outside of render functions, and share the socket (as useSocket of the bindings for frameworks does); if you want several, pass { forceNew: true }',
        'getting-started.md',
      );
    }
  }
}
