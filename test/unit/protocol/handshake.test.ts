import { expect, it } from 'vitest';
import { parseHandshake } from '../../../src/protocol/handshake.js';

const sound = {
  sid: 'abc',
  upgrades: ['websocket'],
  pingInterval: 25_000,
  pingTimeout: 20_000,
  maxPayload: 1e6,
};

it('reads a handshake', () => {
  expect(parseHandshake(JSON.stringify(sound))).toEqual(sound);
});

it('accepts a handshake without maxPayload, which older servers omit', () => {
  const { maxPayload: _none, ...older } = sound;
  expect(parseHandshake(JSON.stringify(older))).toEqual(older);
});

it.each([undefined, null, 'websocket', { 0: 'websocket' }, 1])('reads upgrades of %j as none', (upgrades) => {
  expect(parseHandshake(JSON.stringify({ ...sound, upgrades }))).toMatchObject({ upgrades: [] });
});

it('keeps only upgrades that are names', () => {
  expect(parseHandshake(JSON.stringify({ ...sound, upgrades: [1, 'websocket', null] }))).toMatchObject({
    upgrades: ['websocket'],
  });
});

it.each([0, -1, 'many', null])('ignores a maxPayload of %j', (maxPayload) => {
  expect(parseHandshake(JSON.stringify({ ...sound, maxPayload }))).not.toHaveProperty('maxPayload');
});

it.each([1, 1.9, 1e-9])('reports a maxPayload of %j, which fits no message', (maxPayload) => {
  expect(parseHandshake(JSON.stringify({ ...sound, maxPayload }))).toMatch(/maxPayload/);
  expect(parseHandshake(JSON.stringify({ ...sound, maxPayload: 2 }))).toMatchObject({ maxPayload: 2 });
});

it.each([undefined, '', '{', 'sid=abc', new ArrayBuffer(2), 5, {}])(
  'reports text that is not JSON: %j',
  (json) => {
    expect(parseHandshake(json)).toEqual(expect.any(String));
  },
);

it.each(['null', '[]', '"abc"', '7', 'true', '{}', '{"sid":5}', '{"sid":""}', '{"__proto__":{"sid":"a"}}'])(
  'reports a missing sid: %s',
  (json) => {
    expect(parseHandshake(json)).toMatch(/sid/);
  },
);

it.each([' ', 'a b', 'a\n', 'a\u0000', '\u007f', 'é', '😀', 'a\ud800'])(
  'reports a sid that is not printable ASCII, as a query requires: %j',
  (sid) => {
    expect(parseHandshake(JSON.stringify({ ...sound, sid }))).toMatch(/sid/);
  },
);

it.each(['!', '~', 'lv_VI97HAXpY6yYWAAAC', '-/?&=%#"\\'])('accepts the sid %j', (sid) => {
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
])('reports if %s is %j', (name, value) => {
  expect(parseHandshake(JSON.stringify({ ...sound, [name]: value }))).toMatch(/heartbeat/);
});

it('reports a time that is not finite', () => {
  expect(parseHandshake('{"sid":"a","pingInterval":1e999,"pingTimeout":1}')).toMatch(/heartbeat/);
});
