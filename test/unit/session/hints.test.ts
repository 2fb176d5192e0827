import { expect, it } from 'vitest';
import type { Attempt } from '../../../src/platform/errors.js';
import { hintFor } from '../../../src/session/hints.js';

const attempt = (given: Partial<Attempt>): Attempt => ({
  transport: 'polling',
  phase: 'open',
  ms: 1,
  message: 'xhr poll error',
  ...given,
});

it.each<[number, RegExp]>([
  [404, /`path`/],
  [401, /cors\.origin|allowRequest/],
  [403, /cors\.origin|allowRequest/],
  [429, /overloaded|restarted/],
  [503, /overloaded|restarted/],
  [500, /log/],
  [502, /proxy/],
  [400, /sticky.*transports/],
  [413, /client_max_body_size/],
])('a response of %i has a remedy, whichever transport got it', (status, hint) => {
  expect(hintFor([attempt({ status })])).toMatch(hint);
  expect(
    hintFor([attempt({ transport: 'websocket', message: 'websocket error' }), attempt({ status })]),
  ).toMatch(hint);
});

it('a connection that opened and then stayed silent points to what swallows messages', () => {
  const unresponsive = attempt({ transport: 'websocket', phase: 'connect', message: 'timeout' });
  expect(hintFor([unresponsive, attempt({})])).toMatch(/nothing comes through/);
});

it('silence points to the address and to firewalls', () => {
  expect(hintFor([attempt({ message: 'timeout' }), attempt({ message: 'timeout' })])).toMatch(/firewall/);
});

it('a failure without a response names all causes that a browser does not distinguish', () => {
  const hint = hintFor([attempt({}), attempt({ message: 'timeout' })]);
  for (const part of ['running', 'address', 'cors', 'https', 'Content Security Policy'])
    expect(hint).toContain(part);
});

it('every failure has a hint', () => {
  for (const status of [undefined, 200, 301, 418, 599]) {
    expect(hintFor([attempt(status === undefined ? {} : { status })]).length).toBeGreaterThan(20);
  }
  expect(hintFor([]).length).toBeGreaterThan(20);
});

it('the error of browsers about an insecure WebSocket points to https', () => {
  const message = 'An insecure WebSocket connection may not be initiated from a page loaded over HTTPS.';
  expect(hintFor([attempt({ transport: 'websocket', message }), attempt({})])).toMatch(/https/);
});

it('a request of an open connection without a readable response points to its size', () => {
  expect(hintFor([attempt({ phase: 'connect', message: 'xhr post error' })])).toMatch(/too large/);
});

it('WebSocket alone that does not open points to polling and to upgrades', () => {
  expect(hintFor([attempt({ transport: 'websocket', message: 'websocket error' })])).toMatch(
    /polling.*Upgrade/,
  );
});
