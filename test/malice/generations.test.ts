import { afterEach, describe, expect, test } from 'vitest';
import { legacy } from '../../src/plugins/legacy/index.js';
import { Victim } from './client.js';
import { type Frame, times, Villain } from './hostile-server.js';

/** Payloads and frames of Engine.IO v3 that say one thing and are another, to a client that understands that generation. */

let undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.reverse()) await step();
  undo = [];
});

/** As a sound server writes it. */
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
  'a length that is no number': 'NaN:42["x"]',
  'a length of a million digits': `${'9'.repeat(1e6)}:42["x"]`,
  'a length without a packet': '12',
  'no length': ':42["x"]',
  'lengths upon lengths': '1:'.repeat(100_000),
  'a base64 packet that is none': '6:b4!!!!',
  'octets: a length too large': octets(0, 9, 9, 9, 9, 0xff, '42["x"]'),
  'octets: a gibibyte': octets(1, 1, 0, 7, 3, 7, 4, 1, 8, 2, 4, 0xff, 4, 'abc'),
  'octets: a length of a million digits': Buffer.concat([
    octets(0),
    Buffer.alloc(1e6, 9),
    octets(0xff, '42["x"]'),
  ]),
  'octets: a length without an end': octets(0, 1, 2, 3),
  'octets: digits that are none': octets(0, 10, 11, 0xff, '42["x"]'),
  'octets: no length': octets(0, 0xff, '42["x"]'),
  'octets: a type that is none': octets(2, 7, 0xff, '42["x"]'),
  'octets: text that is not UTF-8': octets(0, 4, 0xff, 0xc0, 0x80, 0xff, 0xfe),
  'octets: binary without its type': octets(1, 1, 0xff, 4),
  'octets: empty binary': octets(1, 0, 0xff),
  'octets: a type and nothing else': octets(1),
  'text in v4 after a handshake in v3': '42["x"]\x1e42["y"]',
  nothing: '',
};

const frames: Readonly<Record<string, Frame>> = {
  'empty binary': Buffer.alloc(0),
  'binary of a type that is none': octets(9, 'abc'),
  'binary out of nowhere': octets(4, 'abc'),
  'a payload where a frame is due': text('42["x"]'),
  'an error that is deeply nested': `44${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  'an error that is no JSON': '44{"a"',
  'an error for a prototype': '44/__proto__,"Invalid namespace"',
  'a query without end': `40/x?${'a=b&'.repeat(250_000)}`,
  'the root namespace, again and again': '40',
  'an answer to a question that was not asked': '44/holdfast-probe-version,"Invalid namespace"',
};

/** Whatever is made of it: it is told, or the next sound packet is heard. */
async function survives(transport: string, said: Frame, sound: string): Promise<void> {
  const villain = await Villain.start({
    handshake: transport === 'polling' ? text(handshake, '40') : handshake,
    hears(packet, voice) {
      if (packet.startsWith('40/holdfast-probe') && transport === 'websocket') voice.say('40');
      if (!packet.includes('hello')) return;
      voice.say(said);
      voice.say(sound);
    },
  });
  const victim = new Victim(villain, { transports: [transport], plugins: [legacy()] });
  undo.push(
    () => villain.close(),
    () => victim.leave(),
  );
  await victim.told('connect');
  victim.socket.emit('hello');
  await victim.until(
    'an end, or the next packet',
    () => victim.story.length > 1 || victim.events.some(([name]) => name === 'after'),
  );
  // What begins with a 1 and has no length is the engine's good-bye in today's generation.
  if (victim.story.length > 1) {
    expect(victim.story[1]).toMatch(/^disconnect (parse error|transport error|transport close)$/);
  }
}

describe('payloads of polling', () => {
  test.each(Object.keys(payloads))('%s', async (name) => {
    await survives('polling', payloads[name] as Frame, text(after));
  });
});

describe('frames of WebSocket', () => {
  test.each(Object.keys(frames))('%s', async (name) => {
    await survives('websocket', frames[name] as Frame, after);
  });
});
