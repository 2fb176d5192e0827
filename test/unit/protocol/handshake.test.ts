import { expect, it } from 'vitest';
import { parseHandshake } from '../../../src/protocol/handshake.js';

const sound = {
  sid: 'abc',
  upgrades: ['websocket'],
  pingInterval: 25_000,
  pingTimeout: 20_000,
  maxPayload: 1e6,
};

it('reads what the server tells', () => {
  expect(parseHandshake(JSON.stringify(sound))).toEqual(sound);
});

it('does without maxPayload, which older servers leave out', () => {
  const { maxPayload: _none, ...older } = sound;
  expect(parseHandshake(JSON.stringify(older))).toEqual(older);
});

it.each([undefined, null, 'websocket', { 0: 'websocket' }, 1])(
  'takes upgrades that are %j for none',
  (upgrades) => {
    expect(parseHandshake(JSON.stringify({ ...sound, upgrades }))).toMatchObject({ upgrades: [] });
  },
);

it('keeps the upgrades that are names', () => {
  expect(parseHandshake(JSON.stringify({ ...sound, upgrades: [1, 'websocket', null] }))).toMatchObject({
    upgrades: ['websocket'],
  });
});

it.each([0, -1, 'many', null])('takes a maxPayload of %j for none', (maxPayload) => {
  expect(parseHandshake(JSON.stringify({ ...sound, maxPayload }))).not.toHaveProperty('maxPayload');
});

it.each([undefined, '', '{', 'sid=abc', new ArrayBuffer(2), 5, {}])(
  'says so where it is no JSON: %j',
  (json) => {
    expect(parseHandshake(json)).toEqual(expect.any(String));
  },
);

it.each(['null', '[]', '"abc"', '7', 'true', '{}', '{"sid":5}', '{"sid":""}', '{"__proto__":{"sid":"a"}}'])(
  'says so where it has no sid: %s',
  (json) => {
    expect(parseHandshake(json)).toMatch(/sid/);
  },
);

it.each([' ', 'a b', 'a\n', 'a\u0000', '\u007f', 'é', '😀', 'a\ud800'])(
  'says so where the sid is not printable ASCII, as a query takes it: %j',
  (sid) => {
    expect(parseHandshake(JSON.stringify({ ...sound, sid }))).toMatch(/sid/);
  },
);

it.each(['!', '~', 'lv_VI97HAXpY6yYWAAAC', '-/?&=%#"\\'])('takes the sid %j', (sid) => {
  expect(parseHandshake(JSON.stringify({ ...sound, sid }))).toMatchObject({ sid });
});

it.each([
  ['pingInterval', 0],
  ['pingInterval', -1],
  ['pingInterval', '25000'],
  ['pingInterval', null],
  ['pingTimeout', undefined],
  ['pingTimeout', 0],
  ['pingTimeout', true],
])('says so where %s is %j', (name, value) => {
  expect(parseHandshake(JSON.stringify({ ...sound, [name]: value }))).toMatch(/heartbeat/);
});

it('says so where a time is beyond all numbers', () => {
  expect(parseHandshake('{"sid":"a","pingInterval":1e999,"pingTimeout":1}')).toMatch(/heartbeat/);
});
