import { describe, expect, it } from 'vitest';
import { CookieJar } from '../../../src/platform/cookies.js';

let nowMs = Date.parse('2030-01-01T00:00:00Z');
const clock = (): number => nowMs;

function sent(jar: CookieJar, headers: Record<string, string> = {}): string | undefined {
  jar.appendTo(headers);
  return headers.cookie;
}

function jarWith(...lines: string[]): CookieJar {
  const jar = new CookieJar(clock);
  jar.take(lines);
  return jar;
}

describe('cookies', () => {
  it.each<[string[], string | undefined]>([
    [[], undefined],
    [['a=1'], 'a=1'],
    [['a=1; Path=/; HttpOnly', 'b=2; Secure; SameSite=None'], 'a=1; b=2'],
    [['a=1', 'a=2'], 'a=2'],
    [['a=1', 'b=2', 'a=3'], 'b=2; a=3'],
    [['a=b=c=='], 'a=b=c=='],
    [['a="quoted value"'], 'a="quoted value"'],
    [['  a =  1  ; Path=/'], 'a=1'],
    [['a='], 'a='],
    [['a'], undefined],
    [['=1'], undefined],
    [[''], undefined],
    [['; Path=/'], undefined],
    [['__proto__=1', 'constructor=2'], '__proto__=1; constructor=2'],
    [[`a=${'x'.repeat(4_095)}`, `b=${'x'.repeat(4_096)}`], `a=${'x'.repeat(4_095)}`],
  ])('of %j are sent as %j', (lines, expected) => {
    expect(sent(jarWith(...lines))).toBe(expected);
  });

  it.each([
    'a=2; Max-Age=0',
    'a=2; max-age=-1',
    'a=2; Max-Age = 0',
    'a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    'a=; expires=Thu, 01-Jan-1970 00:00:00 GMT; path=/',
    'a=; Expires=Thu, 01 Jan 2099 00:00:00 GMT; Max-Age=0',
    'a=; Max-Age=0; Expires=Thu, 01 Jan 2099 00:00:00 GMT',
  ])('are deleted by %j', (line) => {
    expect(sent(jarWith('a=1', 'b=2', line))).toBe('b=2');
  });

  it.each([
    'a=2; Max-Age=60',
    'a=2; Max-Age=soon',
    'a=2; Max-Age=',
    'a=2; Expires=sometime',
    'a=2; Expires=Thu, 01 Jan 2099 00:00:00 GMT',
    'a=2; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    'a=2; Not-Max-Age=0',
  ])('remain with %j', (line) => {
    expect(sent(jarWith('a=1', line))).toBe('a=2');
  });

  it('expire in time', () => {
    const jar = jarWith('a=1; Max-Age=60', 'b=2');
    nowMs += 59_999;
    expect(sent(jar)).toBe('a=1; b=2');
    nowMs += 1;
    expect(sent(jar)).toBe('b=2');
    expect([...jar.cookies]).toEqual([['b', expect.objectContaining({ value: '2' })]]);
  });

  it('follow those of the program', () => {
    const headers = { Cookie: 'mine=1', accept: '*/*' };
    jarWith('a=1').appendTo(headers);
    expect(headers).toEqual({ Cookie: 'mine=1; a=1', accept: '*/*' });
    expect(sent(jarWith('a=1'), { cookie: 'mine=1' })).toBe('mine=1; a=1');
  });

  it('are the newest 50 at most', () => {
    const jar = jarWith(...Array.from({ length: 60 }, (_, i) => `c${i}=1`));
    expect([...jar.cookies.keys()]).toEqual(Array.from({ length: 50 }, (_, i) => `c${i + 10}`));
  });

  it('can be read as engine.io-client reads them', () => {
    const read: string[] = [];
    for (const [name, cookie] of jarWith('a=1', 'b=2').cookies) read.push(`${name}=${cookie.value}`);
    expect(read).toEqual(['a=1', 'b=2']);
  });
});
