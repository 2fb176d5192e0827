import { describe, expect, it, vi } from 'vitest';
import { checkOptions } from '../../../src/manager/check-options.js';

// The production build checks what protects the connection, and nothing that only teaches.
vi.mock('../../../src/platform/build.js', () => ({ DEVELOPMENT: false }));

const bad = expect.objectContaining({ code: 'BAD_OPTION' });

describe('in production', () => {
  it.each([
    ...['timeout', 'reconnectionDelay', 'reconnectionDelayMax', 'ackTimeout', 'requestTimeout'],
    ...['randomizationFactor', 'reconnectionAttempts', 'retries', 'retryWindow', 'highWaterMark'],
    ...['maxAttachments', 'maxSentAttachments', 'maxPendingAcks', 'maxReceivedBytes'],
  ])('the number %s is checked', (name) => {
    for (const value of [Number.NaN, -1, 'soon', {}, true]) {
      expect(() => checkOptions({ [name]: value })).toThrow(bad);
      expect(() => checkOptions({ [name]: value })).toThrow(`"${name}"`);
    }
  });

  it.each<[string, unknown]>([
    ['transports', ['smoke']],
    ['transports', []],
    ['path', 5],
    ['parser', {}],
    ['outbox', { maxPackets: Number.NaN }],
    ['outbox', { maxBytes: -1 }],
    ['outbox', { maxAgeMs: 'soon' }],
    ['outbox', { whenFull: 'drop' }],
  ])('%s is checked', (name, value) => {
    expect(() => checkOptions({ [name]: value })).toThrow(bad);
  });

  it.each<[string, unknown]>([
    ['auth', 5],
    ['query', 5],
    ['host', 5],
    ['plugins', 'none'],
    ['retryPolicy', 5],
    ['signals', {}],
    ['store', {}],
    ['reconnection', 'yes'],
    ['outbox', { maxPacket: 5 }],
  ])('%s is accepted as it is', (name, value) => {
    expect(() => checkOptions({ [name]: value })).not.toThrow();
  });

  it('values as configuration files write them are read', () => {
    expect(checkOptions({ timeout: '20', forceNew: 1, reconnection: 'false', auth: false })).toEqual({
      timeout: 20,
      forceNew: true,
      reconnection: false,
    });
  });
});
