import { afterAll, expect, test, vi } from 'vitest';

/**
 * Fault 19: the engine ends a connection when the browser says `offline`, to whatever server it is. Node has no such
 * event; the engine looks for `addEventListener` when it is loaded, so it finds one here, and the page's is a bare one.
 */
const page = vi.hoisted(() => {
  const target = new EventTarget();
  const scope = globalThis as Partial<Record<'addEventListener' | 'removeEventListener', unknown>>;
  scope.addEventListener = target.addEventListener.bind(target);
  scope.removeEventListener = target.removeEventListener.bind(target);
  return target;
});

afterAll(() => {
  const scope = globalThis as Partial<Record<'addEventListener' | 'removeEventListener', unknown>>;
  delete scope.addEventListener;
  delete scope.removeEventListener;
});

test('19: the event `offline` does not end a connection to a server that still answers', async () => {
  const { withBoth } = await import('./fixture.js');
  const { theirs, ours } = await withBoth(async (bench) => {
    const server = await bench.serve();
    const socket = await bench.connected(server.url, { reconnection: false });
    bench.watch(socket);
    await bench.fence(socket.io);
    const closed = new Promise<boolean>((resolve) => socket.io.once('close', () => resolve(false)));
    page.dispatchEvent(new Event('offline'));
    const alive = await Promise.race([closed, bench.fence(socket.io)]);
    return { alive, seen: bench.log.entries };
  });
  expect(theirs).toEqual({ alive: false, seen: ['socket disconnect: transport close'] });
  expect(ours).toEqual({ alive: true, seen: [] });
});
