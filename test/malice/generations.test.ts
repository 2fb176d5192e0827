import { afterEach, describe, expect, test } from 'vitest';
import { legacy } from '../../src/plugins/legacy/index.js';
import { TestClient } from './client.js';
import { type Frame, HostileServer, times } from './hostile-server.js';

/** Malformed payloads and frames of Engine.IO v3, sent to a client that supports that protocol version. */

let undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.reverse()) await step();
  undo = [];
});

/** A valid text payload. */
const text = (...packets: string[]): string => packets.map((packet) => `${packet.length}:${packet}`).join('');
const octets = (...parts: (number | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))));

const handshake = `0${JSON.stringify({ sid: 'old', upgrades: [], ...times })}`;
const after = '42["after"]';

const payloads: Readonly<Record<string, Frame>> = {
  'a length too short': '3:42["x"]',
  'a length too large': '999999999:42["x"]',
  'a length of a gibibyte': '1073741824:42["x"]',
  'a negative length': '-5:42["x"]',
  'a length of zero': '0:',
  'a length with an exponent': '1e9:42["x"]',
  'half a length': '0.5:42["x"]',
  'a length that is not a number': 'NaN:42["x"]',
  'a length of a million digits': `${'9'.repeat(1e6)}:42["x"]`,
  'a length without a packet': '12',
  'no length': ':42["x"]',
  'nested lengths': '1:'.repeat(100_000),
  'a base64 packet that is invalid': '6:b4!!!!',
  'octets: a length too large': octets(0, 9, 9, 9, 9, 0xff, '42["x"]'),
  'octets: a gibibyte': octets(1, 1, 0, 7, 3, 7, 4, 1, 8, 2, 4, 0xff, 4, 'abc'),
  'octets: a length of a million digits': Buffer.concat([
    octets(0),
    Buffer.alloc(1e6, 9),
    octets(0xff, '42["x"]'),
  ]),
  'octets: an unterminated length': octets(0, 1, 2, 3),
  'octets: invalid digits': octets(0, 10, 11, 0xff, '42["x"]'),
  'octets: no length': octets(0, 0xff, '42["x"]'),
  'octets: an invalid type': octets(2, 7, 0xff, '42["x"]'),
  'octets: text that is not UTF-8': octets(0, 4, 0xff, 0xc0, 0x80, 0xff, 0xfe),
  'octets: binary without its type': octets(1, 1, 0xff, 4),
  'octets: empty binary': octets(1, 0, 0xff),
  'octets: only a type': octets(1),
  'text in v4 after a handshake in v3': '42["x"]\x1e42["y"]',
  nothing: '',
};

const frames: Readonly<Record<string, Frame>> = {
  'empty binary': Buffer.alloc(0),
  'binary with an invalid type': octets(9, 'abc'),
  'unexpected binary': octets(4, 'abc'),
  'a payload instead of a frame': text('42["x"]'),
  'an error that is deeply nested': `44${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  'an error that is not JSON': '44{"a"',
  'an error for a prototype': '44/__proto__,"Invalid namespace"',
  'an endless query': `40/x?${'a=b&'.repeat(250_000)}`,
  'another CONNECT of the root namespace': '40',
  'a repeated answer to the version probe': '44/holdfast-probe-version,"Invalid namespace"',
};

/** Expects that the connection ends with an error, or that the next valid packet is received. */
async function expectSurvival(transport: string, malformed: Frame, valid: string): Promise<void> {
  const server = await HostileServer.start({
    handshake: transport === 'polling' ? text(handshake, '40') : handshake,
    onPacket(packet, session) {
      if (packet.startsWith('40/holdfast-probe') && transport === 'websocket') session.send('40');
      if (!packet.includes('hello')) return;
      session.send(malformed);
      session.send(valid);
    },
  });
  const client = new TestClient(server, { transports: [transport], plugins: [legacy()] });
  undo.push(
    () => server.close(),
    () => client.disconnect(),
  );
  await client.untilLogged('connect');
  client.socket.emit('hello');
  await client.until(
    'a disconnect, or the next packet',
    () => client.log.length > 1 || client.events.some(([name]) => name === 'after'),
  );
  // In the current protocol version, a text that begins with 1 is a close packet.
  if (client.log.length > 1) {
    expect(client.log[1]).toMatch(/^disconnect (parse error|transport error|transport close)$/);
  }
}

describe('payloads of polling', () => {
  test.each(Object.keys(payloads))('%s', async (name) => {
    await expectSurvival('polling', payloads[name] as Frame, text(after));
  });
});

describe('frames of WebSocket', () => {
  test.each(Object.keys(frames))('%s', async (name) => {
    await expectSurvival('websocket', frames[name] as Frame, after);
  });
});
