import { expect, onTestFinished, test } from 'vitest';
import { startChild } from '../support/child.js';
import { startServer } from '../support/server.js';
import { Announcements } from '../support/waiting.js';

test('a socket that is listened to stays with its manager, though the program does not hold it', async () => {
  const server = await startServer({
    setup(app) {
      for (const nsp of ['/', '/listening', '/silent']) {
        let visits = 0;
        app.of(nsp).on('connection', (socket) => {
          visits += 1;
          if (visits > 1) socket.emit('news', `${visits}. visit`);
        });
      }
    },
  });
  onTestFinished(() => server.stop());
  const child = await startChild(new URL('unheld-sockets.ts', import.meta.url), server.url);
  const told: unknown[] = [];
  const news = new Announcements();
  child.on('message', (text) => {
    told.push(text);
    news.announce();
  });
  await news.until('the garbage to be collected', () => told.length > 0);
  expect(told).toEqual(['collected: /silent']);

  // One that had left is joined again by its name, and has its listeners still.
  await news.until('the second visit', () => told.includes('/listening heard 2. visit'));
  // One that was connected all the time.
  server.latest('/').emit('news', 'at last');
  await news.until('the news', () => told.includes('/ heard at last'));
  expect(told).toHaveLength(3);
});
