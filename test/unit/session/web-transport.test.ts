import { describe, expect, it, vi } from 'vitest';
import type { Manager } from '../../../src/io.js';
import type { Options } from '../../../src/platform/options.js';
import { webTransport } from '../../../src/plugins/index.js';
import type { Socket } from '../../../src/socket/socket.js';
import { useManagers } from '../../support/fake-managers.js';
import { settled } from '../../support/fake-transports.js';
import { useFakeWebTransport } from '../../support/fake-web-transport.js';
import { patiently } from '../../support/waiting.js';

const fake = useManagers();
const web = useFakeWebTransport();

let manager: Manager;
let ends: unknown[];

/** A manager whose WebTransport is opening. */
async function opening(options: Options = {}): Promise<void> {
  manager = fake.make({ transports: ['webtransport'], plugins: [webTransport()], ...options });
  ends = [];
  manager.on('close', (reason) => ends.push(reason));
  await settled();
}

/** A connected socket; the packets written for that are cleared. */
async function joined(options: Options = {}): Promise<Socket> {
  await opening(options);
  const socket = manager.socket('/');
  await web.last.shakes();
  await web.last.gives([{ type: 'message', data: '0{"sid":"a"}' }]);
  expect(socket.connected).toBe(true);
  web.last.packets.length = 0;
  return socket;
}

describe('WebTransport', () => {
  it('opens one stream, and announces it to the server before anything else', async () => {
    await opening();
    expect(web.last.url).toBe('https://host.test:3000/socket.io/');
    await web.last.opens();
    expect(web.last.packets).toEqual(['open']);
    expect(manager.status).toBe('connecting');
    manager.socket('/');
    await web.last.gives([
      { type: 'open', data: '{"sid":"engine1","upgrades":[],"pingInterval":25000,"pingTimeout":20000}' },
    ]);
    expect([manager.status, manager.transport, manager.engine.id]).toEqual([
      'connected',
      'webtransport',
      'engine1',
    ]);
    expect(web.last.packets).toEqual(['open', 'message:0']);
  });

  it('passes its options on', async () => {
    const serverCertificateHashes = [{ algorithm: 'sha-256', value: new Uint8Array(32) }];
    await opening({ transportOptions: { webtransport: { serverCertificateHashes } } });
    expect(web.last.options).toMatchObject({ serverCertificateHashes });
  });

  it('carries text in both directions, in order', async () => {
    const socket = await joined();
    const got: unknown[] = [];
    socket.onAny((...args) => got.push(args));
    socket.emit('a', 'ä\u{1f600}');
    socket.emit('b', 'x'.repeat(70_000));
    await settled();
    expect(web.last.packets).toEqual([
      'message:2["a","ä\u{1f600}"]',
      `message:2["b","${'x'.repeat(70_000)}"]`,
    ]);
    await web.last.gives([
      { type: 'message', data: '2["c","ä\u{1f600}"]' },
      { type: 'message', data: `2["d","${'y'.repeat(70_000)}"]` },
    ]);
    expect(got).toEqual([
      ['c', 'ä\u{1f600}'],
      ['d', 'y'.repeat(70_000)],
    ]);
  });

  it('carries bytes: any view of a buffer, and Blobs, in order', async () => {
    const socket = await joined();
    const { buffer } = Uint8Array.of(9, 1, 2, 3, 9);
    socket.emit('view', new Uint8Array(buffer, 1, 3));
    socket.emit('blob', new Blob([Uint8Array.of(4, 5)]));
    socket.emit('after');
    await vi.waitFor(() => expect(web.last.received.slice(-1)[0]?.data).toBe('2["after"]'), patiently);
    expect(web.last.received.slice(-5).map(({ data }) => data)).toEqual([
      '51-["view",{"_placeholder":true,"num":0}]',
      Buffer.of(1, 2, 3),
      '51-["blob",{"_placeholder":true,"num":0}]',
      Buffer.of(4, 5),
      '2["after"]',
    ]);
    const got = new Promise((resolve) => socket.on('bytes', resolve));
    await web.last.gives([
      { type: 'message', data: '51-["bytes",{"_placeholder":true,"num":0}]' },
      { type: 'message', data: Buffer.of(0, 128, 255) },
    ]);
    expect(new Uint8Array((await got) as ArrayBuffer)).toEqual(Uint8Array.of(0, 128, 255));
  });

  it('reports an attachment that cannot be read', async () => {
    const socket = await joined();
    const reasons: unknown[] = [];
    socket.on('disconnect', (reason, details) =>
      reasons.push(reason, (details as { message?: string })?.message),
    );
    const blob = new Blob(['x']);
    blob.arrayBuffer = () => Promise.reject(new Error('gone'));
    socket.emit('blob', blob);
    await settled();
    expect(reasons).toEqual(['transport error', 'an attachment could not be read']);
  });

  it('joins messages that arrive in pieces', async () => {
    const socket = await joined();
    const got: unknown[] = [];
    socket.onAny((...args) => got.push(args.map((one) => (one as ArrayBuffer).byteLength ?? one)));
    for (const chunkBytes of [97, 100, 1_000, 100_000]) {
      await web.last.gives(
        [
          { type: 'message', data: '2["short"]' },
          { type: 'message', data: '51-["bytes",{"_placeholder":true,"num":0}]' },
          { type: 'message', data: Buffer.alloc(66_000) },
          { type: 'message', data: `2["${'l'.repeat(300)}"]` },
        ],
        chunkBytes,
      );
    }
    const round = [['short'], ['bytes', 66_000], ['l'.repeat(300)]];
    expect(got).toEqual([...round, ...round, ...round, ...round]);
  });

  it('waits until the network has accepted earlier data', async () => {
    const socket = await joined();
    web.last.stalled = true;
    socket.emit('a');
    socket.emit('b');
    await settled();
    expect(web.last.packets).toEqual([]);
    expect(manager.bufferedAmount).toBeGreaterThan(0);
    await web.last.goesOn();
    expect(web.last.packets).toEqual(['message:2["a"]', 'message:2["b"]']);
    expect(manager.bufferedAmount).toBe(0);
  });

  it('gives the page a turn during an uninterrupted stream of messages', async () => {
    const socket = await joined();
    const got: unknown[] = [];
    socket.on('a', (n) => {
      got.push(n);
      fake.world.clock.advance(60);
    });
    for (const n of [1, 2, 3, 4]) await web.last.gives([{ type: 'message', data: `2["a",${n}]` }]);
    expect(got).toEqual([1, 2]);
    fake.world.clock.advance(0);
    await settled();
    expect(got).toEqual([1, 2, 3, 4]);
  });

  it('answers heartbeats', async () => {
    await joined();
    await web.last.gives([{ type: 'ping' }]);
    expect(web.last.packets).toEqual(['pong']);
  });

  it('sends earlier emits before it closes, then ends the stream and closes the session', async () => {
    const socket = await joined();
    socket.emit('last');
    socket.disconnect();
    await settled();
    expect(web.last.packets).toEqual(['message:2["last"]', 'message:1']);
    expect([web.last.finished, web.last.closes]).toEqual([true, 1]);
  });

  it('closes the session eventually if the stream does not end', async () => {
    const socket = await joined();
    web.last.stalled = true;
    socket.io.engine.close();
    await settled();
    expect(web.last.closes).toBe(0);
    fake.world.clock.advance(10_000);
    expect(web.last.closes).toBe(1);
  });
});

describe('WebTransport that does not open', () => {
  async function failure(): Promise<Error & { attempts?: readonly { cause?: unknown }[] }> {
    return new Promise((resolve) => manager.once('error', resolve));
  }

  it('fails if the platform has none', async () => {
    vi.stubGlobal('WebTransport', undefined);
    await opening({ reconnection: false, autoConnect: false });
    const failed = failure();
    manager.open();
    const error = await failed;
    expect(error.message).toBe('webtransport error');
    expect(error).toMatchObject({ attempts: [{ transport: 'webtransport', phase: 'open' }] });
    expect((error as { description?: Error }).description?.message).toMatch('WebTransport is not available');
  });

  it('fails if the platform rejects its options', async () => {
    vi.stubGlobal(
      'WebTransport',
      class {
        constructor() {
          throw new TypeError('bad hash');
        }
      },
    );
    await opening({ reconnection: false, autoConnect: false });
    const failed = failure();
    manager.open();
    expect(await failed).toMatchObject({
      message: 'webtransport error',
      description: { message: 'bad hash' },
    });
  });

  it("fails with the browser's reason, and leaves no rejected promise behind", async () => {
    await opening({ reconnection: false });
    const failed = failure();
    await web.last.refuses(new Error('Opening handshake failed.'));
    expect(await failed).toMatchObject({
      message: 'webtransport error',
      description: { message: 'Opening handshake failed.' },
    });
  });

  it('fails if no stream can be opened', async () => {
    await opening({ reconnection: false });
    const failed = failure();
    web.last.streamError = new Error('no stream');
    await web.last.opens();
    expect(await failed).toMatchObject({ description: { message: 'no stream' } });
    expect(web.last.closes).toBe(1);
  });

  it('fails if the server closes the session before the handshake', async () => {
    await opening({ reconnection: false });
    const failed = failure();
    await web.last.opens();
    await web.last.ends();
    expect(await failed).toMatchObject({
      message: 'webtransport closed before its handshake',
      attempts: [{ phase: 'handshake' }],
    });
  });

  it('closes a session that opens after it was abandoned', async () => {
    await opening();
    manager._close();
    await settled();
    expect(web.last.closes).toBe(1);
    await web.last.opens();
    expect(web.last.packets).toEqual([]);
  });
});

describe('an open WebTransport', () => {
  it('ends when the server closes the session', async () => {
    await joined({ reconnection: false });
    await web.last.ends();
    expect(ends).toEqual(['transport close']);
  });

  it('ends when the server ends the stream alone, and closes the session', async () => {
    await joined({ reconnection: false });
    await web.last.endsStream();
    expect(ends).toEqual(['transport close']);
    expect(web.last.closes).toBe(1);
  });

  it.each(['the session is lost', 'the stream is reset', 'writing fails'])('ends when %s', async (how) => {
    const socket = await joined({ reconnection: false });
    const lost = new Error('Connection lost.');
    if (how === 'the session is lost') await web.last.ends(lost);
    else if (how === 'the stream is reset') await web.last.endsStream(lost);
    else {
      web.last.streamError = lost;
      socket.emit('a');
      await settled();
    }
    expect(ends).toEqual(['transport error']);
    expect(web.last.closes).toBe(1);
    // The browser reports the same event through several promises.
    await web.last.ends(lost);
    expect(ends).toEqual(['transport error']);
  });
});

describe('invalid frames', () => {
  const text = (packet: string): readonly number[] => [packet.length, ...Buffer.from(packet)];

  it('without length end the connection', async () => {
    await joined({ reconnection: false });
    await web.last.brings([0]);
    expect(ends).toEqual(['transport error']);
  });

  it('of an unknown type end the connection', async () => {
    await joined({ reconnection: false });
    await web.last.brings(text('x'));
    expect(ends).toEqual(['transport error']);
  });

  it.each([
    ['two bytes', [126, 0xff, 0xff]],
    ['eight bytes', [127, 0, 0, 0, 0, 0, 1, 0, 0]],
    ['eight bytes, beyond what a number holds', [127, 255, 255, 255, 255, 255, 255, 255, 255]],
    ['eight bytes, for bytes', [255, 0, 0x20, 0, 0, 0, 0, 0, 0]],
  ])('longer than accepted, with a length of %s, end the connection at their header', async (_, header) => {
    await joined({ reconnection: false, maxReceivedBytes: 1_000 });
    await web.last.brings(header);
    expect(ends).toEqual(['parse error']);
    expect(web.last.closes).toBe(1);
  });

  it('end the connection even before it is open', async () => {
    for (const bytes of [[0], text('4hello'), text('0{}'), [255, 255, 0, 0, 0, 0, 0, 0, 0], [0x81, 1]]) {
      await opening({ reconnection: false });
      const failed = new Promise((resolve) => manager.once('error', resolve));
      await web.last.opens();
      await web.last.brings(bytes);
      await failed;
      expect(web.last.closes).toBe(1);
    }
  });

  it('prevent the handling of later frames', async () => {
    const socket = await joined({ reconnection: false });
    const got = vi.fn();
    socket.onAny(got);
    await web.last.brings([...text('1'), ...text('42["late"]'), 0]);
    expect(ends).toEqual(['transport close']);
    expect(got).not.toHaveBeenCalled();
  });
});
