import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nearest } from '../../../src/platform/misspelt.js';
import { contract } from '../../../src/plugins/contract/index.js';
import { durable } from '../../../src/plugins/durable/index.js';
import { endpoints } from '../../../src/plugins/endpoints.js';
import { schedule } from '../../../src/plugins/schedule.js';
import { tabs } from '../../../src/plugins/tabs/index.js';

/** Options that a function does not have; `io()` is tested in manager/check-options.test.ts. */

let lines: string[];
beforeEach(() => {
  lines = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((text) => void lines.push(String(text)));
});
afterEach(() => {
  vi.restoreAllMocks();
});

const who = { name: 'app', owner: 'ann' };

describe('an unknown option of a plugin', () => {
  it.each<[string, (options: object) => unknown, string, string]>([
    ['durable()', (options) => durable({ ...who, ...options }), 'maxAge', 'maxAgeMs'],
    ['durable()', (options) => durable({ ...who, ...options }), 'fallBack', 'fallback'],
    ['tabs()', (options) => tabs(options), 'Key', 'key'],
    ['contract()', (options) => contract(options), 'fromserver', 'fromServer'],
    ['contract()', (options) => contract(options), 'validates', 'validate'],
    ['schedule()', (options) => schedule(options), 'sliceMS', 'sliceMs'],
    ['endpoints()', (options) => endpoints(['https://a.test'], options), 'returnAfter', 'returnAfterMs'],
  ])('causes one warning, which suggests a name: %s', (where, call, name, near) => {
    for (let i = 0; i < 2; i++) call({ [name]: undefined });
    expect(lines).toEqual([`holdfast: ${where} has no option "${name}"; did you mean "${near}"?`]);
  });

  it('that resembles none causes a warning with all names', () => {
    tabs({ shared: true } as never);
    expect(lines).toEqual(['holdfast: tabs() has no option "shared"; it has key, worker']);
  });

  it('is the only one that causes a warning', () => {
    const limits = { maxEntries: 1, maxBytes: 1, maxAgeMs: 1 };
    durable({ ...who, ...limits, strict: true, fallback: 'memory', persist: true });
    tabs({ key: 'ann', worker: '/worker.js' });
    tabs();
    contract({ toServer: {}, fromServer: {}, validate: 'always' });
    contract();
    schedule({ sliceMs: 1, maxPending: 1, maxPendingBytes: 1, coalesce: {} });
    endpoints(['https://a.test'], { returnAfterMs: 1 });
    expect(lines).toEqual([]);
  });
});

it.each([
  ['downs', 'downMs'],
  ['down', 'downMs'],
  ['up', undefined],
])('the name nearest to "%s" is "%s"', (name, near) => {
  expect(nearest(name, ['downMs', 'times'])).toBe(near);
});
