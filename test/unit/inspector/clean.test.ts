import { describe, expect, it } from 'vitest';
import {
  cleanId,
  cleanName,
  cleanText,
  MAX_MESSAGE,
  MAX_NAME,
} from '../../../src/plugins/inspector/clean.js';
import { cleanEvent } from '../../../src/plugins/inspector/event-fields.js';
import type { ObservedEvent } from '../../../src/plugins/inspector/observed.js';

describe('a text from a server', () => {
  it('is cut before it is redacted: the part after the cut makes no difference', () => {
    const beginning = `GET /?token=hunter2 failed ${'a-a- and '.repeat(MAX_MESSAGE / 5)}`;
    const clean = cleanText(beginning);
    expect(clean).toMatch(/^GET \/\?… failed a-a- and .*…$/);
    expect(clean.length).toBeLessThanOrEqual(MAX_MESSAGE + 1);
    for (const rest of ['a-a-'.repeat(100_000), '" password="hunter3"', '\n'.repeat(100_000)]) {
      expect(cleanText(`${beginning}${rest}`)).toBe(clean);
    }
    expect(cleanText('\n'.repeat(100_000)).length).toBeLessThanOrEqual(MAX_MESSAGE + 1);
  });

  it('shows no part of a secret that is cut', () => {
    const secret = 'token="hunter2hunter2"';
    for (let before = MAX_MESSAGE - secret.length - 5; before <= MAX_MESSAGE; before++) {
      expect(cleanText(`${'x '.repeat(MAX_MESSAGE).slice(0, before)}${secret} and more`)).not.toContain(
        'hunt',
      );
    }
  });

  it('may be something other than text', () => {
    const hostile = {
      toString(): string {
        throw new Error('never');
      },
    };
    expect(
      [null, undefined, 5, ['a', 'b'], hostile, Object.create(null), Symbol('s')].map((one) =>
        cleanText(one),
      ),
    ).toEqual(['null', 'undefined', '5', 'a,b', 'object', 'object', 'Symbol(s)']);
  });

  it('is short if it is a name or an id', () => {
    expect(cleanName('n'.repeat(MAX_NAME))).toBe('n'.repeat(MAX_NAME));
    expect(cleanName('/room '.repeat(100)).length).toBeLessThanOrEqual(MAX_NAME + 1);
    expect(cleanName('\n'.repeat(100_000)).length).toBeLessThanOrEqual(MAX_NAME + 1);
    expect(cleanId('kFsFHZlHzj9sFkPpAAAB')).toBe('kFsFHZlHzj9sFkPpAAAB');
    expect(cleanId('\x1b'.repeat(100_000)).length).toBeLessThanOrEqual(MAX_NAME + 1);
  });
});

it('an event has no foreign field, and no number out of range', () => {
  const attempt = {
    transport: 'polling',
    phase: 'open',
    ms: Number.NaN,
    status: -1,
    message: 'xhr poll error',
    retryAfterMs: 1e300,
    cause: { headers: { cookie: 'hush' } },
    context: 'hush',
  };
  const event = {
    type: 'failure',
    atMs: 1,
    round: 1,
    lost: false,
    message: 'm',
    attempts: [attempt],
    error: 'hush',
  };
  expect(JSON.parse(JSON.stringify(cleanEvent(event as unknown as ObservedEvent)))).toEqual({
    type: 'failure',
    atMs: 1,
    round: 1,
    lost: false,
    message: 'm',
    attempts: [{ transport: 'polling', phase: 'open', ms: 0, message: 'xhr poll error' }],
  });
});
