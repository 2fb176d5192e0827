import type { Server } from 'socket.io';
import { describe, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { useFixture } from '../support/fixture.js';
import { waysOfLoading } from '../support/page-server.js';

const fixture = useFixture({ setup: application });
const browser = useBrowser();

function application(app: Server): void {
  app.on('connection', (socket) => {
    socket.on('join', async (room: string, done: () => void) => {
      await socket.join(room);
      done();
    });
    socket.on('leave', async (room: string, done: () => void) => {
      await socket.leave(room);
      done();
    });
    socket.on('tell everyone', (word: string) => app.emit('told', word));
    socket.on('tell the others', (word: string) => socket.broadcast.emit('told', word));
    socket.on('tell the room', (room: string, word: string) => app.to(room).emit('told', word));
    socket.on('tell the others in the room', (room: string, word: string) =>
      socket.to(room).emit('told', word),
    );
  });
}

describe.each(waysOfLoading)('loaded as a %s, holdfast', (loading) => {
  test('receives messages to everyone, to the others and to its rooms, and none of a room it left', async () => {
    const [sender, member, stranger] = await Promise.all([1, 2, 3].map(() => browser.open(loading)));
    if (!sender || !member || !stranger) throw new Error('unreachable');
    for (const page of [sender, member, stranger]) {
      await page.evaluate(async (url) => {
        window.socket = window.io(url);
        window.socket.on('told', (word: string) => window.record.push(word));
        await window.next(window.socket, 'connect');
      }, fixture.proxy.url);
    }
    for (const page of [sender, member]) await page.evaluate(() => window.socket.emitWithAck('join', 'r'));
    await sender.evaluate(() => {
      window.socket.emit('tell everyone', 'everyone');
      window.socket.emit('tell the others', 'others');
      window.socket.emit('tell the room', 'r', 'room');
      window.socket.emit('tell the others in the room', 'r', 'others in room');
    });
    // The answer to the member follows all earlier messages; then the room has one member less.
    await sender.evaluate(() => window.socket.emitWithAck('join', 'r'));
    await member.evaluate(() => window.socket.emitWithAck('leave', 'r'));
    await sender.evaluate(() => {
      window.socket.emit('tell the room', 'r', 'smaller room');
      window.socket.emit('tell everyone', 'end');
    });
    const heard = await Promise.all(
      [sender, member, stranger].map((page) =>
        page.evaluate(async () => {
          while (!window.record.includes('end')) await window.next(window.socket, 'told');
          return window.record;
        }),
      ),
    );
    expect(heard).toEqual([
      ['everyone', 'room', 'smaller room', 'end'],
      ['everyone', 'others', 'room', 'others in room', 'end'],
      ['everyone', 'others', 'end'],
    ]);
    expect(fixture.server.serverSockets()).toBe(3);
  });
});
