import type { Socket as NetSocket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Options } from '../../src/platform/options.js';
import { Announcements } from '../support/waiting.js';
import { Victim } from './client.js';
import { type Frame, times, Villain } from './hostile-server.js';

/** A server that never lets a client in, in every way that HTTP and the handshake offer. */

let undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.reverse()) await step();
  undo = [];
});

async function start(script: Parameters<typeof Villain.start>[0]): Promise<Villain> {
  const villain = await Villain.start(script);
  undo.push(() => villain.close());
  return villain;
}

function visit(villain: Villain, transport: string, options: Options = {}): Victim {
  const victim = new Victim(villain, { transports: [transport], ...options });
  undo.push(() => victim.leave());
  return victim;
}

const told = (handshake: object): string =>
  `0${JSON.stringify({ sid: 'a', upgrades: [], ...times, ...handshake })}`;
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
  told({ sid: 1 }),
  told({ sid: '' }),
  told({ sid: 'a\r\nSet-Cookie: b' }),
  told({ sid: 'ü' }),
  told({ pingInterval: -1 }),
  told({ pingTimeout: -25_000 }),
  told({ pingInterval: 0 }),
  told({ pingInterval: 'NaN' }),
  told({ pingInterval: null }),
  told({ pingTimeout: [] }),
  `0{"sid":"a","upgrades":[],"pingInterval":1e999,"pingTimeout":20000}`,
  `0${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  `0${'x'.repeat(1_000_000)}`,
];

const strange: readonly string[] = [
  told({ pingInterval: 1e300, pingTimeout: 1e300 }),
  told({ sid: '__proto__', upgrades: { length: 1e9 }, maxPayload: 'all' }),
  told({ upgrades: ['__proto__', 'constructor', 'toString', 7, null] }),
  told({ maxPayload: -1 }),
  `0{"__proto__":{"polluted":1},${told({}).slice(2)}`,
];

describe.each(['websocket', 'polling'])('over %s', (transport) => {
  test.each(broken.map((handshake) => [shown(handshake), handshake]))(
    '%s is no handshake',
    async (_, handshake) => {
      const victim = visit(await start({ handshake: handshake as Frame }), transport, { timeout: 500 });
      await victim.told(/^connect_error/);
      expect(victim.story).toEqual(['connect_error NEGOTIATION_FAILED']);
      expect(victim.errors[0]).toMatchObject({ attempts: [{ transport }], hint: expect.any(String) });
    },
  );

  test.each(strange.map((handshake) => [shown(handshake), handshake]))('%s is one', async (_, handshake) => {
    const victim = visit(await start({ handshake: handshake as Frame }), transport);
    await victim.told('connect');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('an id of a megabyte is refused, or does no harm', async () => {
    const victim = visit(await start({ handshake: told({ sid: 'x'.repeat(2 ** 20) }) }), transport);
    await victim.told(/^connect/);
  });

  test('heartbeats of less than a millisecond end the connection, and no more', async () => {
    const villain = await start({ handshake: told({ pingInterval: 1e-9, pingTimeout: 1e-9 }) });
    const victim = visit(villain, transport);
    await new Promise((resolve) => victim.socket.io.once('close', resolve));
    expect(villain.requests).toBeLessThan(5);
  });

  test.each([
    ['huge headers', `HTTP/1.1 200 OK\r\nX-Huge: ${'x'.repeat(2 ** 20)}\r\nContent-Length: 0\r\n\r\n`],
    ['a hundred thousand headers', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(100_000)}\r\n`],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['nothing but line breaks', '\r\n'.repeat(1_000)],
    [
      'an answer to another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: tls\r\nConnection: Upgrade\r\n\r\n',
    ],
    ['an end at once', ''],
  ])('%s', async (_, answer) => {
    const victim = visit(await start(rawly((connection) => connection.end(answer))), transport);
    await victim.told(/^connect_error/);
    expect(victim.story).toEqual(['connect_error NEGOTIATION_FAILED']);
  });

  test('an answer that comes letter by letter is not waited for', async () => {
    const lines = 'HTTP/1.1 200 OK\r\nX-Slow: yes\r\n';
    const news = new Announcements();
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
        news.announce();
      });
    };
    const victim = visit(await start(rawly(drip)), transport, { timeout: 500 });
    await victim.told(/^connect_error/);
    expect(victim.errors[0]?.message).toBe('timeout');
    if (transport === 'websocket') await news.until('the connection to be given up', () => gone > 0);
  });
});

/** Answers every request byte by byte as it likes. */
const rawly = (answer: (connection: NetSocket) => void): Parameters<typeof Villain.start>[0] => ({
  request(request) {
    answer(request.socket);
    return true;
  },
  upgrade(_, connection) {
    answer(connection);
    return true;
  },
});

// Over polling, the browser follows redirects by its own rules, and in Node the stand-in for its XMLHttpRequest does.
describe('over websocket', () => {
  test('a redirect leads nowhere that the page did not name', async () => {
    const elsewhere = await start({});
    const villain = await start({
      request(_, response) {
        response.writeHead(302, { location: `${elsewhere.url}/socket.io/?EIO=4&transport=polling` }).end();
        return true;
      },
      upgrade(_, connection) {
        connection.end(
          `HTTP/1.1 302 Found\r\nLocation: ${elsewhere.url}/socket.io/\r\nContent-Length: 0\r\n\r\n`,
        );
        return true;
      },
    });
    const victim = visit(villain, 'websocket', { extraHeaders: { authorization: 'secret' } });
    await victim.told(/^connect_error/);
    expect(victim.story).toEqual(['connect_error NEGOTIATION_FAILED']);
    expect(elsewhere.requests).toBe(0);
  });

  test('redirects in a circle come to an end', async () => {
    const villain: Villain = await start({
      request(_, response) {
        response.writeHead(307, { location: `${villain.url}/again` }).end();
        return true;
      },
      upgrade(_, connection) {
        connection.end(`HTTP/1.1 307 Again\r\nLocation: ${villain.url}/again\r\nContent-Length: 0\r\n\r\n`);
        return true;
      },
    });
    const victim = visit(villain, 'websocket');
    await victim.told(/^connect_error/);
    expect(villain.requests).toBeLessThan(50);
  });
});
