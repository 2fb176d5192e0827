import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { redact, Scanner } from '../../../src/plugins/inspector/redact.js';
import { HARMLESS, SECRETS } from './redaction-corpus.js';

/** `redact` on a corpus, on the corpus inside other formats, and on text that is meant to keep it busy. */

const textOf = (sample: string): string => sample.replace(/[«»]/g, '');

/** Pieces of the marked secrets that would reveal them. */
const piecesOf = (sample: string): string[] =>
  [...sample.matchAll(/«([^»]*)»/g)].flatMap(([, secret = '']) =>
    secret.split(/\W+/).filter((piece) => piece.length > 2),
  );

const html = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

/** The formats in which a server or a proxy may repeat a text. */
const FORMATS: { readonly [name: string]: (text: string) => string } = {
  'as it is': (text) => text,
  'as a JSON string': (text) => JSON.stringify(text),
  'in an object of JSON': (text) => JSON.stringify({ code: 5, message: text }),
  'in JSON inside JSON': (text) => JSON.stringify(JSON.stringify({ message: text })),
  'in a page of HTML': (text) => `<pre>${html(text)}</pre>`,
  'URL-encoded': (text) => encodeURIComponent(text),
  'URL-encoded twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'URL-encoded in JSON': (text) => JSON.stringify({ url: encodeURIComponent(text) }),
  'in quotes': (text) => `'${text}'`,
  'at the end of a sentence': (text) => `it failed with ${text}`,
  'in brackets': (text) => `[error] (${text})`,
  indented: (text) => text.replace(/^/gm, '    '),
};

describe('secrets', () => {
  it('are tested with at least 200 samples, beside at least 50 harmless ones', () => {
    expect(SECRETS.length).toBeGreaterThanOrEqual(200);
    expect(HARMLESS.length).toBeGreaterThanOrEqual(50);
    expect(SECRETS.filter((sample) => !sample.includes('«'))).toEqual([]);
  });

  it.each(SECRETS)('are removed from %s', (sample) => {
    const shown = redact(textOf(sample));
    for (const piece of piecesOf(sample)) expect(shown).not.toContain(piece);
  });

  it.each(Object.keys(FORMATS))('are removed from a text %s', (name) => {
    const survivors = SECRETS.flatMap((sample) => {
      const shown = redact(FORMATS[name]?.(textOf(sample)) ?? '');
      return piecesOf(sample).some((piece) => piece.length > 3 && shown.includes(piece)) ? [shown] : [];
    });
    expect(survivors).toEqual([]);
  });

  it.each([
    'authToken',
    'AUTH_TOKEN',
    'x-access-token',
    'bearerToken',
    'userPassword',
    'MYSQL_ROOT_PASSWORD',
    'old-passwd',
    'adminPwd',
    'clientSecret',
    'SECRET_KEY',
    'apiKey',
    'X_API_KEY',
    'privateKey',
    'sessionId',
    'next-auth.session-token',
    'express.sid',
    'csrfToken',
    'XSRF-TOKEN',
    'jwt',
    'idTokenHint',
    'otpCode',
    'cardPin',
    'proxyAuthorization',
    'signedCookie',
    'credentials',
  ])('are found after the name %s in every notation', (name) => {
    const shapes = [
      `${name}=hunter2`,
      `${name}: hunter2`,
      `${name} = "hunter2"`,
      `{"${name}":"hunter2"}`,
      `{'${name}': 'hunter2'}`,
      `{\\"${name}\\":\\"hunter2\\"}`,
      `a=1&${name}=hunter2&b=2`,
      `a%3D1%26${name}%3Dhunter2%26b%3D2`,
      `<${name}>hunter2</${name}>`,
      `<th>${name}</th><td>hunter2</td>`,
      `--${name} hunter2`,
      `${name} => hunter2`,
      `["${name}","hunter2"]`,
      `{"${name}":["hunter2"]}`,
      `${name}:\n  - hunter2\n`,
    ];
    expect(shapes.map((shape) => redact(shape)).filter((shown) => shown.includes('hunter2'))).toEqual([]);
  });

  it('are removed from a cut text, even if a secret is cut', () => {
    const text = `${'x'.repeat(90)} token="hunter2hunter2" and more`;
    for (let max = 90; max < text.length; max++) expect(redact(text, { max })).not.toContain('hunt');
  });
});

describe('harmless text', () => {
  it.each(HARMLESS)('stays as it is: %s', (text) => {
    expect(redact(text)).toBe(text.replaceAll('\n', '\\n'));
  });

  it.each([
    'as a JSON string',
    'in an object of JSON',
    'in a page of HTML',
    'in quotes',
    'at the end of a sentence',
    'in brackets',
  ])('stays as it is %s', (name) => {
    const texts = HARMLESS.map((text) => FORMATS[name]?.(text) ?? '');
    expect(texts.map((text) => redact(text))).toEqual(texts.map((text) => text.replaceAll('\n', '\\n')));
  });

  it('around a secret is kept', () => {
    expect(redact('GET https://me:pass@host.test:8443/socket.io/?EIO=4&sid=abc failed')).toBe(
      'GET https://…@host.test:8443/socket.io/?… failed',
    );
    expect(redact('{"token":"hunter2","user":1}')).toBe('{"token":"…","user":1}');
    expect(redact('accessToken=hunter2; other=1')).toBe('accessToken=…; other=1');
    expect(redact('Cookie: a=1; b=2\nHost: x')).toBe('Cookie: …\\nHost: x');
    expect(redact('the token=hunter2, please retry')).toBe('the token=…, please retry');
  });
});

describe('names of events and namespaces', () => {
  it.each([
    'session:start',
    'token:refresh',
    'auth:login',
    '/users/550e8400-e29b-41d4-a716-446655440000',
    'otp 123456',
  ])('are unchanged: %s', (name) => {
    expect(redact(name, { onlyKeys: true })).toBe(name);
  });

  it.each([
    ['/room?token=hunter2', '/room?…'],
    ['/u/eyJhbGciOiJIUzI1NiJ9.e30.c2ln', '/u/…'],
    ['https://me:hunter2@host.test/', 'https://…@host.test/'],
    ['use ghp_16C7e42F292c6912E7710c', 'use …'],
  ])('lose keys, tokens and queries: %s', (name, shown) => {
    expect(redact(name, { onlyKeys: true })).toBe(shown);
  });
});

describe('the redacted text', () => {
  it('is unchanged when it is redacted again', () => {
    const once = [...SECRETS.map(textOf), ...HARMLESS].map((text) => redact(text));
    expect(once.map((text) => redact(text))).toEqual(once);
  });

  it('is one line without control characters, direction marks and lone surrogates, whatever the text is', () => {
    const strange = fc.string({ unit: 'binary', maxLength: 200 });
    const wild = fc.string({
      unit: fc.constantFrom(
        'token',
        '=',
        ':',
        '"',
        "'",
        '\\',
        '%',
        '25',
        '3D',
        '&',
        '#61;',
        ' ',
        '\n',
        '<',
        '>',
        '/',
        '@',
        '?',
        'a',
        '\u202e',
        '\u001b[2K',
        '\ud800',
      ),
      maxLength: 80,
    });
    fc.assert(
      fc.property(fc.oneof(strange, wild), (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must be gone
        expect(redact(text)).not.toMatch(/[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/u);
      }),
      { numRuns: 2_000 },
    );
  }, 60_000);

  it('states the length of a text that was cut', () => {
    expect(redact('a b '.repeat(250_000))).toMatch(/^(a b ){4096}… \(1,000,000 characters\)$/);
    expect(redact(`${'x'.repeat(9)}😀`, { max: 10 })).toMatch(/^x{9}… \(11 characters\)$/);
  });
});

describe('the work', () => {
  const pieces = [
    'a-',
    'a/',
    'a ',
    'a.',
    'a:',
    '&a',
    '%25',
    '%5C',
    '\\"',
    '\\',
    '&amp;',
    '"',
    '<input ',
    '<',
    '?a=',
    '?',
    'a://',
    'a://@',
    'a:a@',
    'token ',
    'token=',
    'token=a,',
    'token=a&',
    'token: <b>',
    'token "',
    'token=[',
    'token=[{"',
    'token:\n',
    'token:\n ',
    'token: |\n',
    'Cookie: a\n ',
    '--token ',
    'Bearer a ',
    'Basic a ',
    'Digest a=',
    'eyJ',
    'xeyJaaaaaaaaaaaaaaaaaaa',
    '-----BEGIN ',
    'sid',
    '…',
    'ж',
  ];

  it.each(pieces)('grows no faster than the text: %s', (piece) => {
    const steps = (length: number): number => {
      const code = vi.spyOn(Scanner.prototype as unknown as { code(at: number): number }, 'code');
      redact(piece.repeat(Math.ceil(length / piece.length)), { max: length });
      const { length: count } = code.mock.calls;
      code.mockRestore();
      return count;
    };
    const short = steps(4_096);
    expect(steps(8_192)).toBeLessThan(2.2 * short + 2_000);
    expect(short / 4_096).toBeLessThan(250);
  });

  it('stops at 16,384 characters, however long the text is', () => {
    const code = vi.spyOn(Scanner.prototype as unknown as { code(at: number): number }, 'code');
    redact('a-'.repeat(2 ** 19));
    expect(code.mock.calls.length).toBeLessThan(20 * 16_384);
    code.mockRestore();
  });
});
