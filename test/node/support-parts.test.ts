import { connect } from 'node:net';
import { io } from 'socket.io-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type RequestPiece, RequestReader } from '../support/http-head.js';
import { host } from '../support/ports.js';
import { startServer, type TestServer } from '../support/server.js';
import { nextEvent } from '../support/waiting.js';

describe('the reader of request heads', () => {
  const post = 'POST /p/?transport=polling HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab\r\nc';
  const poll = 'GET /p/?transport=polling&sid=1 HTTP/1.1\r\nHost: a\r\n\r\n';
  const upgrade = 'GET /p/?transport=websocket HTTP/1.1\r\nUpgrade: WebSocket\r\n\r\n';
  const stream = `${post}${poll}${upgrade}GET / HTTP/1.1\r\n\r\n`;

  function kinds(pieces: RequestPiece[]): string[] {
    return pieces.flatMap((piece) =>
      piece.type === 'head' ? [`${piece.head.method} ${piece.head.kind}`] : [],
    );
  }

  test('finds every request of a kept-alive connection, however the bytes are split', () => {
    for (let at = 0; at <= stream.length; at += 1) {
      const reader = new RequestReader();
      const pieces = [stream.slice(0, at), stream.slice(at)].flatMap((part) =>
        reader.read(Buffer.from(part)),
      );
      expect(kinds(pieces)).toEqual(['POST polling', 'GET polling', 'GET upgrade']);
      expect(Buffer.concat(pieces.map((piece) => piece.bytes)).toString()).toBe(stream);
    }
  });

  test('rejects data that is not HTTP', () => {
    expect(() => new RequestReader().read(Buffer.from('hello\r\n\r\n'))).toThrow('Not a request line');
  });
});

describe('the test server', () => {
  async function started(): Promise<TestServer> {
    const server = await startServer({ setup: (app) => void app.of('/admin') });
    onTestFinished(() => server.stop());
    return server;
  }

  function openClient(server: TestServer): ReturnType<typeof io> {
    const client = io(server.url, { transports: ['websocket'], forceNew: true, reconnection: false });
    onTestFinished(() => void client.disconnect());
    return client;
  }

  test('counts the sockets created in each namespace, across restarts on the same port', async () => {
    const server = await started();
    const root = openClient(server);
    const admin = root.io.socket('/admin', {});
    await Promise.all([nextEvent(root, 'connect'), nextEvent(admin, 'connect')]);
    const disconnected = nextEvent(root, 'disconnect');
    await server.restart();
    expect((await disconnected)[0]).toBe('transport close');
    await nextEvent(openClient(server), 'connect');
    expect([server.serverSockets(), server.serverSockets('/admin')]).toEqual([2, 1]);
    expect((await server.socket('/', 2)).id).toBe(server.latest().id);
  });

  test('resets every connection when it crashes', async () => {
    const server = await started();
    const client = openClient(server);
    await nextEvent(client, 'connect');
    const disconnected = nextEvent(client, 'disconnect');
    await server.crash();
    expect((await disconnected)[0]).toBe('transport close');
  });

  test('stops listening, even with a client that never closes its connection', async () => {
    const server = await started();
    const silent = connect(server.port, host);
    silent.write('GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n');
    silent.write(
      'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==\r\n\r\n',
    );
    await nextEvent(silent, 'data');
    const reset = nextEvent<[NodeJS.ErrnoException]>(silent, 'error');
    await server.stop();
    expect((await reset)[0].code).toBe('ECONNRESET');
    const [refused] = await nextEvent<[NodeJS.ErrnoException]>(connect(server.port, host), 'error');
    expect(refused.code).toBe('ECONNREFUSED');
  });
});
