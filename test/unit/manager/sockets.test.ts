import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { useManagers } from '../../support/fake-managers.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const fake = useManagers();

it('a socket that was never connected keeps its listeners and emits, even if the program does not hold it', async () => {
  const manager = fake.make({ autoConnect: false });
  (() => {
    const socket = manager.socket('/news');
    socket.on('news', () => {});
    socket.emit('kept');
  })();
  const other = new WeakRef({});
  while (other.deref()) {
    await new Promise((resolve) => setTimeout(resolve));
    collectGarbage();
  }
  expect(manager.bufferedAmount).toBeGreaterThan(0);
  const socket = manager.socket('/news');
  expect([socket.hasListeners('news'), socket.sendBuffer.length]).toEqual([true, 1]);
});

it('a socket that has left keeps later emits, even if the program neither holds it nor listens', async () => {
  const manager = fake.make({ autoConnect: false });
  (() => {
    const socket = manager.socket('/news').connect();
    socket.disconnect();
    socket.emit('kept');
  })();
  const other = new WeakRef({});
  while (other.deref()) {
    await new Promise((resolve) => setTimeout(resolve));
    collectGarbage();
  }
  expect(manager.bufferedAmount).toBeGreaterThan(0);
  expect(manager.socket('/news').sendBuffer.length).toBe(1);
});
