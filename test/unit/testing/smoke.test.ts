import { expect, test } from 'vitest';
import { io as official } from 'socket.io-client';
import { createTestServer } from '/tmp/wt/testkit/src/testing/index.ts';
test('smoke', async () => {
  const { server, io } = createTestServer();
  server.on('connection', (socket) => { socket.on('note', (t: string, done: any) => done(`noted ${t}`)); socket.on('bin', (b: any, done: any) => done(b)); });
  const s = io();
  await s.ready();
  expect(await s.emitWithAck('note', 'x')).toBe('noted x');
  console.log(await s.emitWithAck('bin', new Uint8Array([1,2,3])));
  const o = official('http://x', { transports: [server.transport as never], forceNew: true });
  await new Promise((r) => o.on('connect', r as never));
  expect(await o.emitWithAck('note', 'y')).toBe('noted y');
  console.log(await o.emitWithAck('bin', new Uint8Array([1,2,3])));
  console.log(server.connections, server.received.length);
  s.disconnect(); o.disconnect();
  await server.finish();
  let t = performance.now();
  for (let i = 0; i < 1000; i++) {
    const { server, io } = createTestServer();
    server.on('connection', (socket) => { socket.on('note', (t: string, done: any) => done(`noted ${t}`)) });
    const s = io();
    await s.ready();
    expect(await s.emitWithAck('note', 'x')).toBe('noted x');
    s.disconnect();
    await server.finish();
  }
  console.log('1000 in', performance.now() - t);
  const times: number[] = [], off: number[] = [];
  const b = createTestServer();
  for (let i = 0; i < 100; i++) {
    t = performance.now();
    const s = b.io({ forceNew: true }); await s.ready();
    times.push(performance.now() - t); s.disconnect();
    t = performance.now();
    const o = official('http://x', { transports: [b.server.transport as never], forceNew: true });
    await new Promise((r) => o.on('connect', r as never));
    off.push(performance.now() - t); o.disconnect();
  }
  b.server.close();
  const med = (l: number[]) => l.sort((a, b) => a - b)[50];
  console.log(med(times), med(off));
}, 60000);
test('manual', async () => {
  const { server, io, clock } = createTestServer({ clock: 'manual' });
  const s = io({reconnectionDelay: 1000});
  await s.ready();
  const log: string[] = [];
  s.io.on('status', (x) => log.push(`${clock.now()} ${x}`));
  server.cut();
  await clock.advance(10_000);
  await s.ready();
  server.silence();
  await clock.advance(100_000);
  console.log(log, s.id);
  const p = server.expectEvent('foo', {timeout: 100}).catch((e) => e.message);
  console.log(await p);
});
