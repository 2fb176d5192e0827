import { Agent, get } from 'node:http';
import { io } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { startServer, type TestServer } from '../support/server.js';
import { nextEvent } from '../support/waiting.js';

let server: TestServer;
let proxy: FaultProxy;
const cleanups: (() => void)[] = [];

beforeEach(async () => {
  server = await startServer({
    setup: (app) => {
      app.on('connection', (socket) => socket.on('echo', (...args) => socket.emit('echoed', ...args)));
    },
  });
  proxy = await startFaultProxy(server.port);
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) cleanup();
  await proxy.close();
  await server.stop();
});

function pollingUrl(): string {
  return `${proxy.url}/socket.io/?EIO=4&transport=polling`;
}

function openWebSocket(handshakeTimeout?: number): WebSocket {
  const url = `${proxy.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
  const webSocket = new WebSocket(url, handshakeTimeout === undefined ? {} : { handshakeTimeout });
  // Tests that expect an error add their own listener; the others wait for close.
  webSocket.on('error', () => {});
  cleanups.push(() => webSocket.terminate());
  return webSocket;
}

function openClient(transport: 'websocket' | 'polling', options: object = {}): ReturnType<typeof io> {
  const client = io(proxy.url, { transports: [transport], forceNew: true, reconnection: false, ...options });
  cleanups.push(() => client.disconnect());
  return client;
}

async function connectedClient(transport: 'websocket' | 'polling'): Promise<ReturnType<typeof io>> {
  const client = openClient(transport);
  await nextEvent(client, 'connect');
  return client;
}

/** Node's error code for a failed fetch. */
async function failureOf(response: Promise<Response>): Promise<string | undefined> {
  try {
    await (await response).text();
  } catch (error) {
    const { cause, name } = error as Error;
    return (cause as NodeJS.ErrnoException | undefined)?.code ?? name;
  }
  return undefined;
}

async function upgradeAnswer(webSocket: WebSocket): Promise<{ status: number | undefined; body: string }> {
  const [, response] = await nextEvent<[unknown, import('node:http').IncomingMessage]>(
    webSocket,
    'unexpected-response',
  );
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, body };
}

describe('the fault proxy without a fault', () => {
  test('forwards a WebSocket and counts it', async () => {
    const client = await connectedClient('websocket');
    client.emit('echo', 'a', 1);
    expect(await nextEvent(client, 'echoed')).toEqual(['a', 1]);
    expect(proxy.counters).toEqual({ connections: 1, open: 1, upgrades: 1, polling: 0, other: 0 });
    client.disconnect();
    await proxy.until('the end of the connection', ({ open }) => open === 0);
  });

  test('forwards polling and counts each request', async () => {
    const client = await connectedClient('polling');
    client.emit('echo', new Uint8Array([1, 2]));
    expect(await nextEvent(client, 'echoed')).toEqual([Buffer.from([1, 2])]);
    expect(proxy.counters.upgrades).toBe(0);
    expect(proxy.counters.polling).toBeGreaterThanOrEqual(4);
  });

  test('forwards a megabyte unchanged', async () => {
    server.io.engine.opts.maxHttpBufferSize = 1e7;
    const client = await connectedClient('websocket');
    const megabyte = Buffer.alloc(2 ** 20, 7);
    server.latest().emit('big', megabyte);
    const [received] = await nextEvent<[Buffer]>(client, 'big');
    expect(received.equals(megabyte)).toBe(true);
  });
});

describe('the fault proxy', () => {
  test.each([400, 403, 502])('refuses upgrades with %i and a body until switched off', async (status) => {
    const restore = proxy.refuseUpgrades({ status, body: 'not here' });
    expect(await upgradeAnswer(openWebSocket())).toEqual({ status, body: 'not here' });
    expect(await (await fetch(pollingUrl())).text()).toMatch(/^0\{/);
    restore();
    await nextEvent(openWebSocket(), 'open');
    expect(proxy.counters.upgrades).toBe(2);
  });

  test('refuses one request of a kept-alive connection after forwarding others', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    cleanups.push(() => agent.destroy());
    const poll = async (): Promise<number | undefined> => {
      const [response] = await nextEvent<[import('node:http').IncomingMessage]>(
        get(pollingUrl(), { agent }),
        'response',
      );
      response.resume();
      await nextEvent(response, 'end');
      return response.statusCode;
    };
    expect([await poll(), await poll()]).toEqual([200, 200]);
    proxy.blockPolling({ status: 451 });
    expect(await poll()).toBe(451);
    expect(proxy.counters).toMatchObject({ connections: 1, polling: 3 });
  });

  test('swallows upgrades', async () => {
    const restore = proxy.swallowUpgrades();
    const swallowed = openWebSocket(200);
    const [error] = await nextEvent<[Error]>(swallowed, 'error');
    expect(error.message).toBe('Opening handshake has timed out');
    expect(proxy.counters.upgrades).toBe(1);
    restore();
    await nextEvent(openWebSocket(), 'open');
  });

  test('opens a WebSocket that never receives anything', async () => {
    proxy.silenceUpgrades();
    await nextEvent(openWebSocket(), 'open');
    const client = openClient('websocket', { timeout: 200 });
    const [error] = await nextEvent<[Error]>(client, 'connect_error');
    expect(error.message).toBe('timeout');
    expect(server.io.engine.clientsCount).toBe(0);
  });

  test('delivers the handshake of a WebSocket, and nothing else in either direction', async () => {
    proxy.handshakeOnly();
    const webSocket = openWebSocket();
    const messages: string[] = [];
    webSocket.on('message', (message) => messages.push(String(message)));
    await nextEvent(webSocket, 'message');
    webSocket.send('40');
    const client = openClient('websocket', { timeout: 200 });
    await nextEvent(client.io.engine, 'handshake');
    expect(messages.map((message) => message[0])).toEqual(['0']);
    expect(server.serverSockets()).toBe(0);
  });

  test('resets a WebSocket as soon as the client answers the handshake', async () => {
    proxy.handshakeOnly('reset');
    const webSocket = openWebSocket();
    await nextEvent(webSocket, 'message');
    const closed = nextEvent(webSocket, 'close');
    webSocket.send('40');
    expect((await closed)[0]).toBe(1006);
    await proxy.until('no connection', ({ open }) => open === 0);
    expect(server.serverSockets()).toBe(0);
  });

  test('delays upgrades and then forwards them', async () => {
    proxy.holdUpgrades(150);
    const start = performance.now();
    await nextEvent(openWebSocket(), 'open');
    expect(performance.now() - start).toBeGreaterThanOrEqual(149);
  });

  test('blocks polling by reset, status or silence, while WebSocket works', async () => {
    const restore = proxy.blockPolling('reset');
    expect(await failureOf(fetch(pollingUrl()))).toBe('ECONNRESET');
    restore();
    const restoreStatus = proxy.blockPolling({ status: 403, body: 'blocked' });
    const response = await fetch(pollingUrl());
    expect([response.status, await response.text()]).toEqual([403, 'blocked']);
    restoreStatus();
    const restoreSwallow = proxy.blockPolling('swallow');
    expect(await failureOf(fetch(pollingUrl(), { signal: AbortSignal.timeout(200) }))).toBe('TimeoutError');
    await nextEvent(openWebSocket(), 'open');
    restoreSwallow();
    expect((await fetch(pollingUrl())).status).toBe(200);
    expect(proxy.counters.polling).toBe(4);
  });

  test('cuts open connections when down, and comes up on the same port', async () => {
    const webSocket = openWebSocket();
    await nextEvent(webSocket, 'open');
    const closed = nextEvent(webSocket, 'close');
    await proxy.down();
    expect((await closed)[0]).toBe(1006);
    expect(await failureOf(fetch(pollingUrl()))).toBe('ECONNREFUSED');
    await proxy.up();
    expect((await fetch(pollingUrl())).status).toBe(200);
  });

  test('resets every connection and accepts new ones', async () => {
    const client = await connectedClient('websocket');
    const serverSide = nextEvent(server.latest(), 'disconnect');
    const clientSide = nextEvent(client, 'disconnect');
    proxy.cut();
    expect((await clientSide)[0]).toBe('transport close');
    expect((await serverSide)[0]).toBe('transport close');
    expect(proxy.counters.open).toBe(0);
    await connectedClient('websocket');
  });

  test('stalls data to the client and delivers it later', async () => {
    const client = await connectedClient('websocket');
    let echoed = false;
    client.on('echoed', () => {
      echoed = true;
    });
    const restore = proxy.stall('to-client');
    const arrived = nextEvent(server.latest(), 'echo');
    client.emit('echo', 'one way');
    await arrived;
    expect(echoed).toBe(false);
    const delivered = nextEvent(client, 'echoed');
    restore();
    expect(await delivered).toEqual(['one way']);
  });

  test('stalls data to the server and delivers it later', async () => {
    const client = await connectedClient('websocket');
    const received: unknown[] = [];
    server.latest().on('echo', (word) => received.push(word));
    const restore = proxy.stall('to-server');
    client.emit('echo', 'held');
    const toClient = nextEvent(client, 'news');
    server.latest().emit('news');
    await toClient;
    expect(received).toEqual([]);
    const delivered = nextEvent(client, 'echoed');
    restore();
    await delivered;
    expect(received).toEqual(['held']);
  });

  test('hides a disconnect from the server while stalled', async () => {
    const client = await connectedClient('websocket');
    let noticed = false;
    const disconnected = nextEvent(server.latest(), 'disconnect').then(() => {
      noticed = true;
    });
    const restore = proxy.stall('to-server');
    client.disconnect();
    await connectionEnds(client);
    expect(noticed).toBe(false);
    restore();
    await disconnected;
  });

  test('accepts new connections while stalled and answers them later', async () => {
    const restore = proxy.stall('to-client');
    const answer = fetch(pollingUrl());
    await proxy.until('the request', ({ polling }) => polling === 1);
    restore();
    expect((await answer).status).toBe(200);
  });

  test('delays both directions, and keeps the order under jitter', async () => {
    const client = await connectedClient('websocket');
    const restore = proxy.delay(40, 30);
    const received: number[] = [];
    client.on('echoed', (n) => received.push(n));
    const start = performance.now();
    const numbers = Array.from({ length: 50 }, (_, n) => n);
    const last = new Promise<void>((resolve) => client.on('echoed', (n) => n === 49 && resolve()));
    for (const n of numbers) client.emit('echo', n);
    await last;
    expect(performance.now() - start).toBeGreaterThanOrEqual(79);
    expect(received).toEqual(numbers);
    restore();
  });

  test('limits the bandwidth', async () => {
    const client = await connectedClient('websocket');
    proxy.limitRate(100_000);
    const start = performance.now();
    server.latest().emit('big', Buffer.alloc(30_000));
    await nextEvent(client, 'big');
    expect(performance.now() - start).toBeGreaterThanOrEqual(299);
  });

  test('cuts once after a number of bytes in one direction', async () => {
    const client = await connectedClient('websocket');
    const chunks: number[] = [];
    client.on('chunk', (n) => chunks.push(n));
    proxy.cutAfter(1000, 'to-client');
    const cut = nextEvent(client, 'disconnect');
    for (let n = 0; n < 20; n += 1) server.latest().emit('chunk', n, 'x'.repeat(90));
    await cut;
    expect(chunks.length).toBeLessThan(10);
    await connectedClient('websocket');
  });

  test('ends all faults at once', async () => {
    proxy.blockPolling('reset');
    proxy.refuseUpgrades({ status: 400 });
    proxy.stall('to-client');
    proxy.heal();
    expect((await fetch(pollingUrl())).status).toBe(200);
    await nextEvent(openWebSocket(), 'open');
  });

  test('leaves no timer and no socket behind after close', async () => {
    const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    proxy.holdUpgrades(60_000);
    proxy.delay(60_000);
    const closed = nextEvent(openWebSocket(), 'close');
    const reset = failureOf(fetch(pollingUrl()));
    await proxy.until('both connections', ({ connections }) => connections === 2);
    await proxy.close();
    await closed;
    expect(await reset).toBe('ECONNRESET');
    expect(proxy.counters.open).toBe(0);
    expect(server.io.engine.clientsCount).toBe(0);
    expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length).toBeLessThanOrEqual(
      before,
    );
  });
});

function connectionEnds(client: ReturnType<typeof io>): Promise<unknown> {
  return client.io.engine.readyState === 'closed' ? Promise.resolve() : nextEvent(client.io.engine, 'close');
}
