import { expect, it } from 'vitest';
import { turnOf } from '../../../src/platform/native-turn.js';

/** A timer that a test runner has faked. */
const fake = Object.assign(() => {}, { clock: {} });
const { setImmediate, setTimeout, MessageChannel } = globalThis;
/** Like that of jsdom, which waits for a turn of Node's event loop. */
class FileReader {
  onload: (() => void) | undefined;
  readAsText(_blob: Blob): void {
    setImmediate(() => this.onload?.());
  }
}

it.each<[string, object]>([
  ['setImmediate', { setImmediate, MessageChannel, setTimeout }],
  ['MessageChannel, where setImmediate is faked', { setImmediate: fake, MessageChannel, setTimeout: fake }],
  ['setTimeout', { setTimeout }],
  ['FileReader, where all timers are faked', { setTimeout: fake, FileReader }],
])('comes by %s', async (_name, scheduling) => {
  const turn = turnOf(scheduling as never);
  const log: string[] = [];
  const came = new Promise<void>((resolve) =>
    turn(() => {
      log.push('turn');
      resolve();
    }),
  );
  await Promise.resolve().then(() => log.push('microtask'));
  await came;
  expect(log).toEqual(['microtask', 'turn']);
});
