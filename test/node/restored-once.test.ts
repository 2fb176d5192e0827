import { expect, onTestFinished, test } from 'vitest';
import { Manager } from '../../src/index.js';
import { useScene } from '../support/scene.js';
import { nextEvent } from '../support/waiting.js';

/** What the demo mends in socket.io's own adapter. */

// By its address: it is JavaScript, and has no types here.
const file = new URL('../../demo/server/restored-once.mjs', import.meta.url).href;
const { RestoredOnceAdapter } = await import(file);

const scene = useScene({
  options: {
    adapter: RestoredOnceAdapter,
    connectionStateRecovery: {},
    pingInterval: 500,
    pingTimeout: 1_500,
  },
  setup: (io) => void io.on('connection', (socket) => void socket.join('tea')),
});

test('who was restored and comes back from a ghost stays in its rooms when the server misses the ghost', async () => {
  const manager = new Manager(scene.proxy.url, { reconnectionDelay: 10, transports: ['websocket'] });
  const socket = manager.socket('/');
  onTestFinished(() => {
    socket.disconnect();
  });
  const hears = async (text: string): Promise<void> => {
    const heard = nextEvent(socket, 'news');
    scene.server.io.to('tea').emit('news', text);
    expect((await heard)[0]).toBe(text);
  };
  await nextEvent(socket, 'connect');
  await hears('before');

  const left = nextEvent(scene.server.latest(), 'disconnect');
  await scene.proxy.down();
  await left;
  const restored = nextEvent(socket, 'connect');
  await scene.proxy.up();
  await restored;
  expect(socket.recovered).toBe(true);
  await hears('restored');

  const missed = nextEvent(scene.server.latest(), 'disconnect');
  const back = nextEvent(socket, 'connect');
  scene.proxy.strand();
  // The page finds out first.
  socket.io.engine.close();
  await back;
  expect((await missed)[0]).toBe('ping timeout');
  await hears('after the ghost');
});
