import type { AnyPlugin } from '../../manager/plugin.js';
import type { Options } from '../../platform/options.js';
import { type Ref, refTo } from '../../platform/weak-cache.js';
import { textOf } from '../../protocol/text-of.js';
import type { Socket } from '../../socket/socket.js';
import { destinationOf, say } from './say.js';

/** This many sockets of one namespace, each with its own connection, are too many. */
const MANY = 4;

/** The sockets of each namespace that the program created without `forceNew`, and had not closed when it created the next one. */
const living = new Map<string, Ref<Socket>[]>();

const areEqual = (one: AnyPlugin, other: AnyPlugin): boolean =>
  textOf(one.identity) === textOf(other.identity);

/** Warns of two plugins of one name and with different options in one list: only the first one counts. Returns those that count. */
export function examinePlugins(listed: Options['plugins']): readonly AnyPlugin[] {
  const plugins = (listed ?? []) as readonly AnyPlugin[];
  return plugins.filter((plugin, at) => {
    const { name } = plugin;
    const first = plugins.find((one) => one.name === name) as AnyPlugin;
    if (plugins.indexOf(first) === at) return true;
    if (!areEqual(first, plugin)) {
      say(
        `twice ${name}`,
        `the option "plugins" lists the plugin "${name}" twice, with different options`,
        'Only the first one has an effect',
        'remove one of them',
        'plugins.md',
      );
    }
    return false;
  });
}

/** Warns of a new socket that the program probably did not want: its plugin comes too late, or it is one of many. */
export function examineSocket(socket: Socket): void {
  const { io, nsp } = socket;
  const destination = destinationOf(io);
  for (const plugin of examinePlugins(socket._options.plugins)) {
    const { name, manager } = plugin;
    const used = io._plugins.find((one) => one.name === name);
    if (!manager || (used && areEqual(used, plugin))) continue;
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
