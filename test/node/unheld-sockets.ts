import { Manager } from '../../src/index.js';

/** A program of its own, run with `--expose-gc`: it holds a manager, and none of its sockets. See the test. */

const { gc } = globalThis;
const tell = process.send?.bind(process);
if (!gc || !tell) throw new Error('Run it as a child, with --expose-gc.');

const manager = new Manager(process.argv[2], { transports: ['websocket'] });

/** Resolves when each namespace has been joined, and all but `/` left again. Holds no socket afterwards. */
function begin(collected: FinalizationRegistry<string>): Promise<unknown> {
  const joined = ['/', '/listening', '/silent'].map((nsp) => {
    const socket = manager.socket(nsp);
    collected.register(socket, nsp);
    if (nsp !== '/silent') socket.on('news', (word: string) => tell?.(`${nsp} heard ${word}`));
    return new Promise<void>((resolve) => {
      socket.once('connect', () => {
        if (nsp !== '/') socket.disconnect();
        resolve();
      });
    });
  });
  return Promise.all(joined);
}

const gone = new Set<string>();
await begin(new FinalizationRegistry((nsp) => gone.add(nsp)));
// The one that nobody misses goes: then the others could have gone as well.
while (!gone.has('/silent')) {
  gc();
  await new Promise((resolve) => setTimeout(resolve));
}
gc();
await new Promise((resolve) => setTimeout(resolve));
tell(`collected: ${[...gone].join()}`);
manager.socket('/listening');
