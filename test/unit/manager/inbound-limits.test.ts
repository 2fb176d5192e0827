import { describe, expect, it, vi } from 'vitest';
import { messages, useManagers } from '../../support/fake-managers.js';
import { settled } from '../../support/fake-transports.js';
import { useReportError } from '../../support/report-error.js';

/** What is taken from a server, and what may be awaited, is bounded. */

const fake = useManagers();
const reported = useReportError();

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
  it('takes what just fits, again and again', async () => {
    const { socket, below } = await fake.joined(options);
    const any = vi.fn();
    socket.onAny(any);
    for (const chunk of [...fits, ...fits, ...fits]) below.gives('message', chunk);
    expect([any.mock.calls.length, socket.connected]).toEqual([3, true]);
  });

  it('ends the connection at more, with parse error, and it comes back', async () => {
    const { manager, socket, below } = await fake.joined(options);
    const [any, ended] = [vi.fn(), vi.fn()];
    socket.onAny(any);
    socket.on('disconnect', ended);
    for (const chunk of tooMuch) below.gives('message', chunk);
    expect([any.mock.calls, ended.mock.calls.map(([reason]) => reason)]).toEqual([[], ['parse error']]);
    expect(ended.mock.calls[0]?.[1].message).toMatch(
      /more than \d+ bytes \(maxReceivedBytes\)|at most 2 are/,
    );
    fake.world.clock.advance(manager.retryInMs as number);
    await settled();
    fake.network.last.shakes();
    fake.network.last.gives('message', '0{"sid":"b"}');
    expect(socket.connected).toBe(true);
  });
});

describe('more acknowledgements than may be awaited', () => {
  it('fail the emit that asks for one more, and send nothing', async () => {
    const { socket, below } = await fake.joined({ maxPendingAcks: 2 });
    const [timed, dropped] = [vi.fn(), vi.fn()];
    socket.on('dropped', dropped);
    socket.emit('a', () => {});
    socket.emit('b', () => {});
    socket.timeout(1_000).emit('c', timed);
    await expect(socket.emitWithAck('d')).rejects.toMatchObject({ code: 'TOO_MANY_ACKS' });
    expect(timed.mock.calls).toEqual([[expect.objectContaining({ code: 'TOO_MANY_ACKS' })]]);
    expect([await messages(below), dropped.mock.calls]).toEqual([['20["a"]', '21["b"]'], []]);
    expect(timed.mock.calls[0]?.[0].message).toMatch(/"c".* 2 acknowledgements.*maxPendingAcks/);

    socket.emit('without');
    below.gives('message', '30');
    socket.timeout(1_000).emit('e', timed);
    expect(await messages(below)).toEqual(['2["without"]', expect.stringMatching(/^2\d+\["e"\]$/)]);
  });

  it('are told by `dropped` if the callback takes no error, and are otherwise a warning', async () => {
    const { socket, below } = await fake.joined({ maxPendingAcks: 0 });
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const [plain, dropped] = [vi.fn(), vi.fn()];
    socket.emit('a', 1, plain);
    expect(warned.mock.calls.map(([text]) => text)).toEqual([expect.stringMatching(/"a".*maxPendingAcks/)]);
    socket.on('dropped', dropped);
    socket.emit('b', 2, plain);
    expect(dropped.mock.calls).toEqual([[expect.objectContaining({ code: 'TOO_MANY_ACKS' }), ['b', 2]]]);
    expect([plain.mock.calls, await messages(below), warned.mock.calls.length]).toEqual([[], [], 1]);
    expect(reported).not.toHaveBeenCalled();
    warned.mockRestore();
  });

  it('are 100,000 by default', async () => {
    const { socket } = await fake.joined();
    const dropped = vi.fn();
    socket.on('dropped', dropped);
    for (let i = 0; i < 100_000; i++) socket.emit('a', () => {});
    expect(dropped).not.toHaveBeenCalled();
    socket.emit('b', () => {});
    expect(dropped).toHaveBeenCalledOnce();
  });
});

describe('a message larger than the server takes', () => {
  it.each<[string, number]>([
    ['websocket', 100],
    ['polling', 1 + Math.ceil(100 / 3) * 4],
  ])('is told with both sizes over %s, and the connection lives on', async (name, size) => {
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
    const words = `is ${size} bytes, and the server takes at most 99`;
    expect(dropped.mock.calls.map(([error]) => [error.code, error.message])).toEqual([
      ['TOO_LARGE', expect.stringContaining(words)],
    ]);
    expect(callback.mock.calls).toEqual([[expect.objectContaining({ code: 'TOO_LARGE' })]]);
    expect(socket.connected).toBe(true);
  });
});
