import { Manager } from '../../src/index.js';

/** The program of the test, run with `--expose-gc`: it holds a manager, but no reference to its sockets. */

const { gc } = globalThis;
const report = process.send?.bind(process);
if (!gc || !report) throw new Error('Run this as a child process with --expose-gc.');

const manager = new Manager(process.argv[2], { transports: ['websocket'] });

/** Resolves when each namespace has been joined, and all but `/` disconnected. Keeps no reference to the sockets. */
function connectAll(collected: FinalizationRegistry<string>): Promise<unknown> {
  const joined = ['/', '/listening', '/silent'].map((nsp) => {
    const socket = manager.socket(nsp);
    collected.register(socket, nsp);
    if (nsp !== '/silent') socket.on('news', (text: string) => report?.(`${nsp} received ${text}`));
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
await connectAll(new FinalizationRegistry((nsp) => gone.add(nsp)));
// Once the socket without listeners is collected, the others could have been collected, too.
while (!gone.has('/silent')) {
  gc();
  await new Promise((resolve) => setTimeout(resolve));
}
gc();
await new Promise((resolve) => setTimeout(resolve));
report(`collected: ${[...gone].join()}`);
manager.socket('/listening');
