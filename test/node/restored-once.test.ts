import { expect, onTestFinished, test } from 'vitest';
import { Manager } from '../../src/index.js';
import { useFixture } from '../support/fixture.js';
import { nextEvent } from '../support/waiting.js';

/** The demo's fix for socket.io's default adapter. */

// Imported by URL, because it is JavaScript without types.
const file = new URL('../../demo/server/restored-once.mjs', import.meta.url).href;
const { RestoredOnceAdapter } = await import(file);

const fixture = useFixture({
  options: {
    adapter: RestoredOnceAdapter,
    connectionStateRecovery: {},
    pingInterval: 500,
    pingTimeout: 1_500,
  },
  setup: (io) => void io.on('connection', (socket) => void socket.join('tea')),
});

test('a restored client that reconnects from a dead connection stays in its rooms when that connection times out', async () => {
  const manager = new Manager(fixture.proxy.url, { reconnectionDelay: 10, transports: ['websocket'] });
  const socket = manager.socket('/');
  onTestFinished(() => {
    socket.disconnect();
  });
  const expectNews = async (text: string): Promise<void> => {
    const received = nextEvent(socket, 'news');
    fixture.server.io.to('tea').emit('news', text);
    expect((await received)[0]).toBe(text);
  };
  await nextEvent(socket, 'connect');
  await expectNews('before');

  const disconnected = nextEvent(fixture.server.latest(), 'disconnect');
  await fixture.proxy.down();
  await disconnected;
  const restored = nextEvent(socket, 'connect');
  await fixture.proxy.up();
  await restored;
  expect(socket.recovered).toBe(true);
  await expectNews('restored');

  const timedOut = nextEvent(fixture.server.latest(), 'disconnect');
  const back = nextEvent(socket, 'connect');
  fixture.proxy.strand();
  // The client detects the dead connection first.
  socket.io.engine.close();
  await back;
  expect((await timedOut)[0]).toBe('ping timeout');
  await expectNews('after the timeout');
});
