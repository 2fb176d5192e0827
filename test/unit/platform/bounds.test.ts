import { describe, expect, it } from 'vitest';
import { checked } from '../../../src/platform/option-rules.js';
import type { Options } from '../../../src/platform/options.js';

const check = (options: object) => (): unknown => checked(options as Options);
const complaint = expect.objectContaining({ code: 'BAD_OPTION' });

describe.each<[string, readonly unknown[], readonly unknown[]]>([
  ['highWaterMark', [0, 1, 2 ** 20, '5', Number.POSITIVE_INFINITY], [-1, Number.NaN, 'much', true, {}, []]],
  ['maxPendingAcks', [0, 1, '5', Number.POSITIVE_INFINITY], [-1, Number.NaN, 'many', false, {}]],
  ['maxReceivedBytes', [0, 1, '5', Number.POSITIVE_INFINITY], [-1, Number.NaN, '5 MB', true, {}]],
  ['maxAttachments', [0, 1, '5', Number.POSITIVE_INFINITY], [-1, Number.NaN, 'five', true, {}]],
  ['retryWindow', [1, 2, '5', Number.POSITIVE_INFINITY], [0, -1, 0.5, Number.NaN, 'wide', true, {}]],
  ['hideOffset', [true, false, 0, 1, 'true'], ['yes', 2, {}, Number.NaN]],
])('the option %s', (name, good, bad) => {
  it.each(good.map((value) => [value]))('takes %o', (value) => {
    expect(check({ [name]: value })).not.toThrow();
  });

  it.each(bad.map((value) => [value]))('does not take %o, and says what it takes', (value) => {
    expect(check({ [name]: value })).toThrow(complaint);
    expect(check({ [name]: value })).toThrow(new RegExp(`"${name}".*accepted: .{3,}`));
  });
});

describe('the option outbox', () => {
  it.each([
    [{}],
    [{ maxPackets: 0, maxBytes: 0, maxAgeMs: 0 }],
    [{ maxPackets: Number.POSITIVE_INFINITY, maxBytes: 1e9, maxAgeMs: 1.5 }],
    [{ maxPackets: undefined, maxBytes: undefined, maxAgeMs: undefined }],
    [{ whenFull: 'refuse' }],
    [{ whenFull: 'drop-oldest' }],
    [{ whenFull: 'drop-newest' }],
  ])('takes %o', (outbox) => {
    expect(check({ outbox })).not.toThrow();
  });

  const bounds = ['maxPackets', 'maxBytes', 'maxAgeMs'].flatMap((name) =>
    [-1, Number.NaN, 'many', true, {}, () => {}].map((value) => ({ [name]: value })),
  );
  it.each([
    ...bounds.map((outbox) => [outbox as unknown]),
    [{ whenFull: 'drop' }],
    [{ whenFull: '' }],
    [{ whenFull: 5 }],
    [{ maxPacket: 5 }],
    [{ constructor: 5 }],
    [[]],
    [5],
    ['refuse'],
    [true],
    [() => {}],
  ])('does not take %o, and says what it takes', (outbox) => {
    expect(check({ outbox })).toThrow(complaint);
    expect(check({ outbox })).toThrow(/"outbox(\.\w+)?" is .*; accepted: .{3,}/);
  });
});
