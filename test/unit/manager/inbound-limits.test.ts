import { describe, expect, it, vi } from 'vitest';
import { useManagers } from '../../support/fake-managers.js';
import { settled } from '../../support/fake-transports.js';
import { useReportError } from '../../support/report-error.js';

/** Limits for data from a server. */

const fake = useManagers();
useReportError();

const bytes = (count: number): ArrayBuffer => new Uint8Array(count).buffer;
const header = (count: number): string =>
  `5${count}-["a"${Array.from({ length: count }, (_, num) => `,{"_placeholder":true,"num":${num}}`).join('')}]`;

const text = (length: number): string => `2["a","${'x'.repeat(length - '2["a",""]'.length)}"]`;

describe.each<[string, object, unknown[], unknown[]]>([
  ['maxReceivedBytes, as text', { maxReceivedBytes: 40 }, [text(40)], [text(41)]],
  [
    'maxReceivedBytes, with attachments',
    { maxReceivedBytes: header(2).length + 20 },
    [header(2), bytes(10), bytes(10)],
    [header(2), bytes(10), bytes(11)],
  ],
  [
    'maxAttachments',
    { maxAttachments: 2 },
    [header(2), bytes(1), bytes(1)],
    [header(3), bytes(1), bytes(1), bytes(1)],
  ],
])('%s', (_what, options, fits, tooMuch) => {
  it('accepts messages at the limit, again and again', async () => {
    const { socket, below } = await fake.joined(options);
    const any = vi.fn();
    socket.onAny(any);
    for (const chunk of [...fits, ...fits, ...fits]) below.gives('message', chunk);
    expect([any.mock.calls.length, socket.connected]).toEqual([3, true]);
  });

  it('closes the connection above the limit, with parse error, and reconnects', async () => {
    const { manager, socket, below } = await fake.joined(options);
    const [any, ended] = [vi.fn(), vi.fn()];
    socket.onAny(any);
    socket.on('disconnect', ended);
    for (const chunk of tooMuch) below.gives('message', chunk);
    expect([any.mock.calls, ended.mock.calls.map(([reason]) => reason)]).toEqual([[], ['parse error']]);
    expect(ended.mock.calls[0]?.[1].message).toMatch(
      /more than \d+ bytes \(maxReceivedBytes\)|the limit is 2/,
    );
    fake.world.clock.advance(manager.retryInMs as number);
    await settled();
    fake.network.last.shakes();
    fake.network.last.gives('message', '0{"sid":"b"}');
    expect(socket.connected).toBe(true);
  });
});

describe('a message larger than the server accepts', () => {
  it.each<[string, number]>([
    ['websocket', 100],
    ['polling', 1 + Math.ceil(100 / 3) * 4],
  ])('is reported with both sizes over %s, and the connection continues', async (name, size) => {
    const manager = fake.make(fake.over(name));
    const socket = manager.socket('/');
    await settled();
    const below = fake.network.last;
    below.shakes({ maxPayload: 99, upgrades: [] });
    below.gives('message', '0{"sid":"a"}');
    await settled();
    below.written.length = 0;
    const [dropped, callback] = [vi.fn(), vi.fn()];
    socket.on('dropped', dropped);
    socket.emit('file', new Uint8Array(100));
    socket.timeout(1_000).emit('file', new Uint8Array(100), callback);
    socket.emit('small');
    await settled();
    expect(below.written).toEqual(['message:2["small"]']);
    const words = `is ${size} bytes; the server accepts at most 99`;
    expect(dropped.mock.calls.map(([error]) => [error.code, error.message])).toEqual([
      ['TOO_LARGE', expect.stringContaining(words)],
    ]);
    expect(callback.mock.calls).toEqual([[expect.objectContaining({ code: 'TOO_LARGE' })]]);
    expect(socket.connected).toBe(true);
  });
});
