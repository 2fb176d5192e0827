import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ConnectionError, type ErrorCode, HoldfastError, LEGACY } from '../../../src/platform/errors.js';
import { sections } from '../../support/errors-page.js';

const src = new URL('../../../src/', import.meta.url);
const source = readFileSync(new URL('platform/errors.ts', src), 'utf8');
const union = /export type ErrorCode =([^;]*);/.exec(source)?.[1] ?? '';
const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code as ErrorCode);

it('every code has one section in docs/errors.md, and every section names a code', () => {
  expect(codes.length).toBeGreaterThan(10);
  expect([...sections].sort()).toEqual([...codes].sort());
});

it('every code is used in src', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const text = files.map((file) => readFileSync(new URL(file, src), 'utf8').replace(union, '')).join('\n');
  expect(codes.filter((code) => !text.includes(`'${code}'`))).toEqual([]);
});

it("holdfast's own messages end with the address of their section", () => {
  const error = new HoldfastError('BAD_OPTION', 'option "path" is 5; accepted: a string');
  expect(error.message).toBe(
    'option "path" is 5; accepted: a string (https://unpkg.com/holdfast/docs/errors.md#bad_option)',
  );
  expect(error.help).toBe('https://unpkg.com/holdfast/docs/errors.md#bad_option');
});

it.each<ErrorCode>([
  'ACK_TIMEOUT',
  'AUTH_FAILED',
  'CONNECT_REJECTED',
  'CONNECT_TIMEOUT',
  'DISCONNECTED',
  'LEGACY_SERVER',
  'NEGOTIATION_FAILED',
  'RESERVED_EVENT',
])('a message of %s is left unchanged, because programs match on it, and the address is in help', (code) => {
  const error = new HoldfastError(code, 'timeout');
  expect(error.message).toBe('timeout');
  expect(error.help).toBe(`https://unpkg.com/holdfast/docs/errors.md#${code.toLowerCase()}`);
});

it.each(codes)('the address of %s matches its section on a code host', (code) => {
  expect(new HoldfastError(code, '').help.split('#')[1]).toBe(
    sections.find((name) => name === code)?.toLowerCase(),
  );
});

it.each(['xhr poll error', 'websocket error', 'timeout', LEGACY])(
  'a failed connection keeps the official message, its cause and an address: %s',
  (message) => {
    const cause = new Error('below');
    const error = new ConnectionError(message, [], cause);
    expect(error).toMatchObject({ message, cause, attempts: [] });
    expect(error.help).toBe(
      `https://unpkg.com/holdfast/docs/errors.md#${message === LEGACY ? 'legacy_server' : 'negotiation_failed'}`,
    );
  },
);
