import { expect, onTestFinished, test } from 'vitest';
import { startChild } from '../support/child.js';
import { startServer } from '../support/server.js';
import { Announcements } from '../support/waiting.js';

test('a socket with listeners stays with its manager, although the program holds no reference', async () => {
  const server = await startServer({
    setup(app) {
      for (const nsp of ['/', '/listening', '/silent']) {
        let count = 0;
        app.of(nsp).on('connection', (socket) => {
          count += 1;
          if (count > 1) socket.emit('news', `connection ${count}`);
        });
      }
    },
  });
  onTestFinished(() => server.stop());
  const child = await startChild(new URL('unheld-sockets.ts', import.meta.url), server.url);
  const reports: unknown[] = [];
  const changes = new Announcements();
  child.on('message', (text) => {
    reports.push(text);
    changes.announce();
  });
  await changes.until('the garbage collection', () => reports.length > 0);
  expect(reports).toEqual(['collected: /silent']);

  // A disconnected socket that is joined again by name still has its listeners.
  await changes.until('the second connection', () => reports.includes('/listening received connection 2'));
  // So does one that stayed connected.
  server.latest('/').emit('news', 'at last');
  await changes.until('the news', () => reports.includes('/ received at last'));
  expect(reports).toHaveLength(3);
});
