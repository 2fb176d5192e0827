/** Names that examples use without declaring them, created on first use: see `test/docs/prelude/page.ts`. */
import * as holdfast from 'holdfast';

const url = 'http://localhost:3000';

const made: Record<string, () => unknown> = {
  url: () => url,
  socket: () => holdfast.io(url),
  signal: () => AbortSignal.timeout(20_000),
  file: () => new Blob([new Uint8Array(3_000_000)]),
  badge: () => document.body.appendChild(document.createElement('p')),
  freshToken: () => async () => 'secret',
  show: () => (text: unknown) => document.body.append(`${text} `),
  log: () => (text: unknown) => console.log(text),
  reload: () => () => console.log('reloaded'),
  io: () => holdfast.io,
  events: () => holdfast.events,
  Manager: () => holdfast.Manager,
};

for (const [name, make] of Object.entries(made)) {
  // A page with the script tag has `io` already.
  if (name in window) continue;
  Object.defineProperty(window, name, {
    configurable: true,
    get() {
      const value = make();
      Object.defineProperty(window, name, { value, writable: true, configurable: true });
      return value;
    },
    set(value: unknown) {
      Object.defineProperty(window, name, { value, writable: true, configurable: true });
    },
  });
}
