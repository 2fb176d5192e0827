import type { Socket as NetSocket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Options } from '../../src/platform/options.js';
import { Announcements } from '../support/waiting.js';
import { TestClient } from './client.js';
import { type Frame, HostileServer, times } from './hostile-server.js';

/** A server that sends invalid HTTP responses and handshakes. */

let undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.reverse()) await step();
  undo = [];
});

async function start(script: Parameters<typeof HostileServer.start>[0]): Promise<HostileServer> {
  const server = await HostileServer.start(script);
  undo.push(() => server.close());
  return server;
}

function connectTo(server: HostileServer, transport: string, options: Options = {}): TestClient {
  const client = new TestClient(server, { transports: [transport], ...options });
  undo.push(() => client.disconnect());
  return client;
}

const handshakeWith = (handshake: object): string =>
  `0${JSON.stringify({ sid: 'a', upgrades: [], ...times, ...handshake })}`;
const retrying = { reconnection: true, reconnectionDelay: 1, reconnectionDelayMax: 10 };
const shown = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);

const broken: readonly string[] = [
  '',
  'garbage',
  '0',
  '0null',
  '0[]',
  '0{"sid":"a"',
  '0{"sid":"a"}',
  '4{"sid":"a"}',
  '1',
  '2',
  '\x1b[2J',
  handshakeWith({ sid: 1 }),
  handshakeWith({ sid: '' }),
  handshakeWith({ sid: 'a\r\nSet-Cookie: b' }),
  handshakeWith({ sid: 'ü' }),
  handshakeWith({ pingInterval: -1 }),
  handshakeWith({ pingTimeout: -25_000 }),
  handshakeWith({ pingInterval: 0 }),
  handshakeWith({ pingInterval: 'NaN' }),
  handshakeWith({ pingInterval: null }),
  handshakeWith({ pingTimeout: [] }),
  `0{"sid":"a","upgrades":[],"pingInterval":1e999,"pingTimeout":20000}`,
  `0${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  `0${'x'.repeat(1_000_000)}`,
];

/** Handshakes of a half-started or malicious server. */
const absurd: readonly string[] = [
  ...[1, 1.5, 1e-9].map((maxPayload) => handshakeWith({ maxPayload })),
  ...[0, -1, '25000', '', null, [25_000], { ms: 1 }, true, undefined].flatMap((value) => [
    handshakeWith({ pingInterval: value }),
    handshakeWith({ pingTimeout: value }),
  ]),
  `0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":1e400}`,
  `0{"sid":"a","upgrades":[],"pingInterval":NaN,"pingTimeout":20000}`,
  ...['', ' ', 7, 0, null, true, ['a'], { id: 'a' }, undefined].map((sid) => handshakeWith({ sid })),
];

const strange: readonly string[] = [
  ...[0, -1, -1e300, 'NaN', '1', '', null, true, [1], { bytes: 1 }, 1e300].map((maxPayload) =>
    handshakeWith({ maxPayload }),
  ),
  `0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1e400}`,
  ...[2 ** 31, 2 ** 53, 1e300].map((ms) => handshakeWith({ pingInterval: ms, pingTimeout: ms })),
  ...['websocket', 7, null, { 0: 'websocket', length: 1 }, [['websocket']], undefined].map((upgrades) =>
    handshakeWith({ upgrades }),
  ),
  handshakeWith({ pingInterval: 1e300, pingTimeout: 1e300 }),
  handshakeWith({ sid: '__proto__', upgrades: { length: 1e9 }, maxPayload: 'all' }),
  handshakeWith({ upgrades: ['__proto__', 'constructor', 'toString', 7, null] }),
  handshakeWith({ maxPayload: -1 }),
  `0{"__proto__":{"polluted":1},${handshakeWith({}).slice(2)}`,
];

describe.each(['websocket', 'polling'])('over %s', (transport) => {
  test.each(broken.map((handshake) => [shown(handshake), handshake]))(
    '%s is not a valid handshake',
    async (_, handshake) => {
      const client = connectTo(await start({ handshake: handshake as Frame }), transport, { timeout: 500 });
      await client.untilLogged(/^connect_error/);
      expect(client.log).toEqual(['connect_error NEGOTIATION_FAILED']);
      expect(client.errors[0]).toMatchObject({ attempts: [{ transport }], hint: expect.any(String) });
    },
  );

  test.each(strange.map((handshake) => [shown(handshake), handshake]))(
    '%s is a valid handshake',
    async (_, handshake) => {
      const client = connectTo(await start({ handshake: handshake as Frame }), transport);
      await client.untilLogged('connect');
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    },
  );

  test.each(absurd.map((handshake) => [shown(handshake), handshake]))(
    '%s is a handshake error, and the next handshake is accepted',
    async (_, handshake) => {
      const server = await start({ handshake: [handshake, handshakeWith({})] });
      const client = connectTo(server, transport, retrying);
      await client.untilLogged('connect');
      expect(client.log).toEqual(['connect_error NEGOTIATION_FAILED', 'connect']);
      expect(client.socket.active).toBe(true);
    },
  );

  test.each<[limit: number, namespace: string, auth: object | undefined]>([
    [2, '', { token: 'abc' }],
    [5, '/chat', undefined],
    [50, '', { token: 'x'.repeat(500) }],
    [999, '', { token: 'x'.repeat(1_000) }],
  ])(
    'a maxPayload of %i, too small for CONNECT to "%s", is not blamed on auth',
    async (limit, name, auth) => {
      const server = await start({ handshake: [handshakeWith({ maxPayload: limit }), handshakeWith({})] });
      const client = connectTo(server, transport, { ...retrying, auth });
      const socket = name ? client.socket.io.socket(name, { auth }) : client.socket;
      const errors: unknown[] = [];
      socket.on('connect_error', ({ code }) => errors.push(code));
      // The second handshake is sound, whether the server has this namespace or not.
      await new Promise<unknown>((resolve) => client.socket.io.on('reconnect', resolve));
      expect(errors).toEqual(['TOO_LARGE']);
      expect([socket.active, client.socket.active]).toEqual([true, true]);
    },
  );

  test('an id of a megabyte is refused or harmless', async () => {
    const client = connectTo(
      await start({ handshake: handshakeWith({ sid: 'x'.repeat(2 ** 20) }) }),
      transport,
    );
    await client.untilLogged(/^connect/);
  });

  test('heartbeats of less than a millisecond only end the connection', async () => {
    const server = await start({ handshake: handshakeWith({ pingInterval: 1e-9, pingTimeout: 1e-9 }) });
    const client = connectTo(server, transport);
    await new Promise((resolve) => client.socket.io.once('close', resolve));
    expect(server.requests).toBeLessThan(5);
  });

  test.each([
    ['huge headers', `HTTP/1.1 200 OK\r\nX-Huge: ${'x'.repeat(2 ** 20)}\r\nContent-Length: 0\r\n\r\n`],
    ['a hundred thousand headers', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(100_000)}\r\n`],
    ['a response that is not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['only line breaks', '\r\n'.repeat(1_000)],
    [
      'a switch to another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: tls\r\nConnection: Upgrade\r\n\r\n',
    ],
    ['an immediate end', ''],
  ])('%s', async (_, answer) => {
    const client = connectTo(await start(rawResponses((connection) => connection.end(answer))), transport);
    await client.untilLogged(/^connect_error/);
    expect(client.log).toEqual(['connect_error NEGOTIATION_FAILED']);
  });

  test('does not wait for a response that arrives letter by letter', async () => {
    const lines = 'HTTP/1.1 200 OK\r\nX-Slow: yes\r\n';
    const changes = new Announcements();
    let letters = 0;
    let gone = 0;
    const drip = (connection: NetSocket): void => {
      const timer = setInterval(() => {
        connection.write(letters < lines.length ? (lines[letters] as string) : 'x');
        letters += 1;
      }, 20);
      connection.once('close', () => {
        clearInterval(timer);
        gone += 1;
        changes.announce();
      });
    };
    const client = connectTo(await start(rawResponses(drip)), transport, { timeout: 500 });
    await client.untilLogged(/^connect_error/);
    expect(client.errors[0]?.message).toBe('timeout');
    if (transport === 'websocket') await changes.until('the connection to be given up', () => gone > 0);
  });
});

/** Answers every request with raw bytes. */
const rawResponses = (
  answer: (connection: NetSocket) => void,
): Parameters<typeof HostileServer.start>[0] => ({
  request(request) {
    answer(request.socket);
    return true;
  },
  upgrade(_, connection) {
    answer(connection);
    return true;
  },
});

// Over polling, the browser (or its XMLHttpRequest replacement in Node) follows redirects.
describe('over websocket', () => {
  test('does not follow a redirect to another host', async () => {
    const otherServer = await start({});
    const server = await start({
      request(_, response) {
        response.writeHead(302, { location: `${otherServer.url}/socket.io/?EIO=4&transport=polling` }).end();
        return true;
      },
      upgrade(_, connection) {
        connection.end(
          `HTTP/1.1 302 Found\r\nLocation: ${otherServer.url}/socket.io/\r\nContent-Length: 0\r\n\r\n`,
        );
        return true;
      },
    });
    const client = connectTo(server, 'websocket', { extraHeaders: { authorization: 'secret' } });
    await client.untilLogged(/^connect_error/);
    expect(client.log).toEqual(['connect_error NEGOTIATION_FAILED']);
    expect(otherServer.requests).toBe(0);
  });

  test('stops following circular redirects', async () => {
    const server: HostileServer = await start({
      request(_, response) {
        response.writeHead(307, { location: `${server.url}/again` }).end();
        return true;
      },
      upgrade(_, connection) {
        connection.end(`HTTP/1.1 307 Again\r\nLocation: ${server.url}/again\r\nContent-Length: 0\r\n\r\n`);
        return true;
      },
    });
    const client = connectTo(server, 'websocket');
    await client.untilLogged(/^connect_error/);
    expect(server.requests).toBeLessThan(50);
  });
});
