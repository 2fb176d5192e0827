import { describe, expect, it, vi } from 'vitest';
import type { Manager } from '../../../src/io.js';
import type { Options } from '../../../src/platform/options.js';
import type { Socket } from '../../../src/socket/socket.js';
import { useFakeFetch } from '../../support/fake-fetch.js';
import { useManagers } from '../../support/fake-managers.js';
import { settled } from '../../support/fake-transports.js';

const fake = useManagers();
const http = useFakeFetch();

const HANDSHAKE = '0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000}';

/** A manager whose long-polling has sent its first request. */
async function opening(options: Options = {}): Promise<Manager> {
  const manager = fake.make({ transports: ['polling'], ...options });
  await settled();
  return manager;
}

/** A manager whose session is open. */
async function opened(options: Options = {}): Promise<Manager> {
  const manager = await opening(options);
  await http.sent('GET')[0]?.answers(HANDSHAKE);
  return manager;
}

/** A joined socket, with only a poll running. */
async function joined(options: Options = {}): Promise<{ manager: Manager; socket: Socket }> {
  const manager = await opened(options);
  const socket = manager.socket('/');
  await http.sent('POST')[0]?.answers('ok');
  await http.sent('GET')[1]?.answers('40{"sid":"a"}');
  expect(socket.connected).toBe(true);
  return { manager, socket };
}

const bodies = (): string[] => http.sent('POST').map(({ body }) => body);
/** The packets posted since `from`. */
const posted = (from = 1): string[] => bodies().slice(from).join('\x1e').split('\x1e');

describe('long-polling', () => {
  it('opens with a GET, polls again after each response, and posts outgoing packets', async () => {
    const manager = await opening();
    expect(http.requests).toHaveLength(1);
    const query = Object.fromEntries(http.sent('GET')[0]?.url.searchParams ?? []);
    expect(query).toMatchObject({ EIO: '4', transport: 'polling' });
    await http.sent('GET')[0]?.answers(HANDSHAKE);
    expect([manager.status, manager.transport]).toEqual(['connected', 'polling']);
    expect(http.sent('GET')[1]?.url.searchParams.get('sid')).toBe('abc');
    manager.socket('/');
    await settled();
    expect(bodies()).toEqual(['40']);
  });

  it('has at most one running GET and one running POST', async () => {
    const { socket } = await joined();
    socket.emit('a');
    await settled();
    socket.emit('b');
    socket.emit('c');
    await settled();
    expect(bodies()).toEqual(['40', '42["a"]']);
    await http.sent('POST')[1]?.answers('ok');
    expect(bodies()).toEqual(['40', '42["a"]', '42["b"]\x1e42["c"]']);
    expect(http.sent('GET').filter((one, i) => i > 1 && !one.aborted)).toHaveLength(1);
  });

  it('posts no more at once than the server accepts', async () => {
    const manager = await opening();
    await http.sent('GET')[0]?.answers(HANDSHAKE.replace('}', ',"maxPayload":20}'));
    const socket = manager.socket('/');
    await http.sent('POST')[0]?.answers('ok');
    await http.sent('GET')[1]?.answers('40{"sid":"a"}');
    socket.emit('0');
    await settled();
    for (const name of ['a', 'b', 'c', 'd']) socket.emit(name);
    for (let i = 1; i < 4; i++) await http.sent('POST')[i]?.answers('ok');
    expect(bodies().slice(1)).toEqual(['42["0"]', '42["a"]\x1e42["b"]', '42["c"]\x1e42["d"]']);
  });

  describe('with more to send than a slow link can carry in time', () => {
    const size = 10_000;
    const text = 'x'.repeat(size - '42["a",""]'.length - '\x1e'.length);
    /** How many of the messages each request had, if the link carries this many bytes per second. */
    async function batches(
      socket: Socket,
      bytesPerSecond: number,
      count: number,
      make = text,
    ): Promise<number[]> {
      const from = http.sent('POST').length;
      socket.emit('first');
      await settled();
      for (let i = 0; i < count; i++) socket.emit('a', make);
      const sent: number[] = [];
      for (let at = from; at < http.sent('POST').length; at++) {
        const post = http.sent('POST')[at];
        const bytes = Buffer.byteLength(post?.body ?? '');
        fake.world.clock.sleep((bytes / bytesPerSecond) * 1_000);
        await post?.answers('ok');
        sent.push((post?.body ?? '').split('\x1e').length);
        // What the server would answer with 408.
        expect(bytes / bytesPerSecond).toBeLessThan(make.length > 100_000 ? Number.POSITIVE_INFINITY : 30);
      }
      return sent.slice(1);
    }

    it('begins with 100 kB, and continues with what the link carries in ten seconds', async () => {
      const { socket } = await joined();
      expect(await batches(socket, 20_000, 60)).toEqual([10, 19, 20, 11]);
    });

    it('sends less if the link carries less', async () => {
      const { socket } = await joined();
      expect(await batches(socket, 4_000, 30)).toEqual([10, 4, 4, 4, 4, 4]);
    });

    it('at most doubles a request, because the first bytes may only have filled a buffer', async () => {
      const { socket } = await joined();
      expect(await batches(socket, 1e9, 100)).toEqual([10, 19, 37, 34]);
    });

    it('recovers when the link becomes faster', async () => {
      const { socket } = await joined();
      expect(await batches(socket, 6_000, 20)).toEqual([10, 6, 4]);
      expect(await batches(socket, 1e9, 40)).toEqual([6, 11, 21, 2]);
    });

    it.each([
      [400_000, [10, 19, 37, 40, 4], [40, 20, 20]],
      [40_000, [4, 4], [4, 2, 2]],
    ])('notices that the link becomes slower if the server accepts %i bytes', async (limit, fast, slow) => {
      const manager = await opening();
      await http.sent('GET')[0]?.answers(HANDSHAKE.replace('}', `,"maxPayload":${limit}}`));
      const socket = manager.socket('/');
      await http.sent('POST')[0]?.answers('ok');
      await http.sent('GET')[1]?.answers('40{"sid":"a"}');
      const sum = (counts: number[]): number => counts.reduce((one, other) => one + other);
      expect(await batches(socket, 1e9, sum(fast))).toEqual(fast);
      expect(await batches(socket, limit / 20, sum(slow))).toEqual(slow);
    });

    it('learns nothing from small requests, which take a round trip', async () => {
      const { socket } = await joined();
      for (let i = 0; i < 5; i++) {
        socket.emit('small');
        await settled();
        fake.world.clock.sleep(2_000);
        await http.sent('POST').at(-1)?.answers('ok');
      }
      expect(await batches(socket, 20_000, 20)).toEqual([10, 10]);
    });

    it('counts bytes as they are sent', async () => {
      const { socket } = await joined();
      expect(await batches(socket, 20_000, 30, '語'.repeat(text.length / 3))).toEqual([10, 19, 1]);
    });

    it('sends a packet alone that is larger than the bound', async () => {
      const { socket } = await joined();
      expect(await batches(socket, 4_000, 3, 'x'.repeat(150_000))).toEqual([1, 1, 1]);
    });

    it('stays below what the server accepts', async () => {
      const manager = await opening();
      await http.sent('GET')[0]?.answers(HANDSHAKE.replace('}', ',"maxPayload":50000}'));
      const socket = manager.socket('/');
      await http.sent('POST')[0]?.answers('ok');
      await http.sent('GET')[1]?.answers('40{"sid":"a"}');
      expect(await batches(socket, 1e9, 12)).toEqual([5, 5, 2]);
    });
  });

  it('answers heartbeats once if they arrive faster than their answers leave', async () => {
    await joined();
    await http.sent('GET').at(-1)?.answers('2\x1e2\x1e2\x1e2');
    await http.sent('POST').at(-1)?.answers('ok');
    await http.sent('POST').at(-1)?.answers('ok');
    expect(bodies()).toEqual(['40', '3', '3']);
  });

  it("sends the program's headers, and cookies to other origins only if requested", async () => {
    await opening({ extraHeaders: { 'X-Mine': '1' } });
    await opening({ withCredentials: true });
    expect(http.requests.map(({ headers, credentials }) => [headers['x-mine'], credentials])).toEqual([
      ['1', 'same-origin'],
      [undefined, 'include'],
    ]);
  });

  it.each([1_000, 3_000])('aborts a request after a requestTimeout of %i ms', async (requestTimeout) => {
    const manager = await opening({ requestTimeout });
    const errors: string[] = [];
    manager.on('error', ({ message }) => errors.push(message));
    fake.world.clock.advance(requestTimeout);
    await settled();
    expect([errors, http.sent('GET')[0]?.aborted]).toEqual([['xhr poll error'], true]);
  });
});

describe('a request of long-polling that fails', () => {
  it('before the session is open is a failed attempt, with the status and the text of the server', async () => {
    const manager = await opening();
    const errors: unknown[] = [];
    manager.on('error', (error) => errors.push(error));
    await http.sent('GET')[0]?.answers('{"code":4,"message":"forbidden"}', 403);
    expect(errors).toMatchObject([
      {
        message: 'xhr poll error',
        code: 'NEGOTIATION_FAILED',
        attempts: [{ transport: 'polling', status: 403, responseText: expect.stringContaining('forbidden') }],
      },
    ]);
  });

  it.each<[string, 'GET' | 'POST', string]>([
    ['poll', 'GET', 'xhr poll error'],
    ['post', 'POST', 'xhr post error'],
  ])('in an open session ends it with transport error: a %s', async (_what, method, message) => {
    const { manager, socket } = await joined();
    const ends: unknown[][] = [];
    socket.on('disconnect', (...args) => ends.push(args));
    socket.emit('a');
    await settled();
    await http.sent(method).at(-1)?.fails();
    expect(ends).toEqual([['transport error', expect.objectContaining({ message, description: 0 })]]);
    expect(manager.status).toBe('reconnecting');
  });

  it('because its response is too large ends the session with parse error, as over WebSocket', async () => {
    const { manager, socket } = await joined({ maxReceivedBytes: 200 });
    const ends: unknown[] = [];
    const errors: unknown[] = [];
    socket.on('disconnect', (reason, details) => ends.push(`${reason}: ${(details as Error).message}`));
    manager.on('error', (error) => errors.push(error));
    await http
      .sent('GET')
      .at(-1)
      ?.answers(`42["${'x'.repeat(200)}"]`);
    expect([ends, errors]).toEqual([['parse error: an answer of more than 200 bytes'], []]);
  });

  it('with an HTTP status reports it, with a remedy', async () => {
    const { manager } = await joined();
    const errors: unknown[] = [];
    manager.on('error', (error) => errors.push(error));
    await http.sent('GET').at(-1)?.answers('{"code":1,"message":"Session ID unknown"}', 400);
    expect(errors).toMatchObject([
      {
        message: 'xhr poll error',
        code: 'TRANSPORT_FAILED',
        attempts: [{ transport: 'polling', phase: 'connect', status: 400 }],
        hint: expect.stringContaining('sticky'),
      },
    ]);
  });
});

describe('long-polling that is closed', () => {
  it('ends the running poll as soon as the server knows it', async () => {
    const manager = await opened();
    const poll = http.sent('GET')[1];
    manager.engine.close();
    await settled();
    expect([bodies(), poll?.aborted]).toEqual([['1'], false]);
    await http.sent('POST')[0]?.answers('ok');
    expect(poll?.aborted).toBe(true);
    expect(fake.world.clock.waits.filter((ms) => ms === 10_000)).toEqual([]);
  });

  it('ends the poll after ten seconds, even if the server never accepts the close packet', async () => {
    const manager = await opened();
    manager.engine.close();
    await settled();
    fake.world.clock.advance(10_000);
    expect(http.requests.slice(1).map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it('closes the session of a handshake that is still pending', async () => {
    const manager = await opening();
    manager.engine.close();
    expect(http.sent('POST')).toEqual([]);
    await http.sent('GET')[0]?.answers(HANDSHAKE);
    expect(http.sent('POST').map(({ url, body }) => [url.searchParams.get('sid'), body])).toEqual([
      ['abc', '1'],
    ]);
  });

  it('does not wait for a handshake that never arrives', async () => {
    const manager = await opening({ reconnection: false });
    manager.engine.close();
    fake.world.clock.advance(10_000);
    expect(http.sent('GET')[0]?.aborted).toBe(true);
    expect(fake.world.clock.pending).toBe(0);
  });

  it('ends even if a POST is never answered: closing has a deadline', async () => {
    const { manager, socket } = await joined();
    socket.emit('last');
    await settled();
    const ends: string[] = [];
    manager.engine.on('close', (reason) => ends.push(reason));
    socket.disconnect();
    fake.world.clock.advance(9_999);
    expect([manager.engine.readyState, ends]).toEqual(['closing', []]);
    fake.world.clock.advance(1);
    expect([manager.engine.readyState, ends]).toEqual(['closed', ['forced close']]);
    fake.world.clock.advance(10_000);
    await settled();
    expect(http.requests.every(({ aborted }, i) => i < 3 || aborted)).toBe(true);
    expect(fake.world.clock.pending).toBe(0);
  });
});

describe('a Blob over long-polling', () => {
  /** A Blob whose reading is in the hands of the test. */
  function file(): { blob: Blob; read: () => void; fail: () => void } {
    const blob = new Blob(['…']);
    const made = { blob, read: (): void => {}, fail: (): void => {} };
    blob.arrayBuffer = () =>
      new Promise((resolve, reject) => {
        made.read = () => resolve(new Uint8Array([1, 2, 3]).buffer);
        made.fail = () => reject(new DOMException('gone', 'NotReadableError'));
      });
    return made;
  }

  async function withFile(): Promise<{
    manager: Manager;
    socket: Socket;
    ends: unknown[];
    send(): Promise<{ read(): Promise<void>; fail(): Promise<void> }>;
  }> {
    const { manager, socket } = await joined({ verify: false });
    const ends: unknown[] = [];
    socket.on('disconnect', (reason, details) =>
      ends.push(`${reason}: ${(details as Error | undefined)?.message}`),
    );
    return {
      manager,
      socket,
      ends,
      async send() {
        const one = file();
        socket.emit('file', one.blob);
        await settled();
        return {
          read() {
            one.read();
            return settled();
          },
          fail() {
            one.fail();
            return settled();
          },
        };
      },
    };
  }

  it('that is read in time is sent, followed by later emits', async () => {
    const { socket, send, ends } = await withFile();
    const one = await send();
    socket.emit('behind');
    fake.world.clock.advance(9_999);
    expect(bodies()).toHaveLength(1);
    await one.read();
    await http.sent('POST').at(-1)?.answers('ok');
    expect(posted()).toEqual(['451-["file",{"_placeholder":true,"num":0}]', 'bAQID', '42["behind"]']);
    expect(ends).toEqual([]);
  });

  it('that is not read in ten seconds ends the connection, which could not send any more otherwise', async () => {
    const { send, ends } = await withFile();
    await send();
    fake.world.clock.advance(9_999);
    expect(ends).toEqual([]);
    fake.world.clock.advance(1);
    expect(ends).toEqual(['transport error: an attachment could not be read']);
    expect(bodies()).not.toContain('bAQID');
  });

  it('that cannot be read ends the connection at once', async () => {
    const { send, ends } = await withFile();
    await (await send()).fail();
    expect(ends).toEqual(['transport error: an attachment could not be read']);
  });

  it('has its own ten seconds', async () => {
    const { send, ends } = await withFile();
    const one = await send();
    fake.world.clock.advance(8_000);
    await one.read();
    await http.sent('POST').at(-1)?.answers('ok');
    await send();
    fake.world.clock.advance(9_999);
    expect(ends).toEqual([]);
    fake.world.clock.advance(1);
    expect(ends).toHaveLength(1);
  });

  it('that was read leaves no timer behind', async () => {
    const { send } = await withFile();
    const before = fake.world.clock.pending;
    const one = await send();
    expect(fake.world.clock.pending).toBe(before + 1);
    await one.read();
    expect(fake.world.clock.pending).toBe(before);
  });

  it('that is never read delays a later close by at most ten seconds', async () => {
    const { manager, socket, send } = await withFile();
    await send();
    socket.disconnect();
    fake.world.clock.advance(9_999);
    expect(manager.engine.readyState).toBe('closing');
    fake.world.clock.advance(1);
    expect(manager.engine.readyState).toBe('closed');
  });
});

describe('a response of many packets', () => {
  const packets = (count: number): string =>
    Array.from({ length: count }, (_, i) => `42["n",${i}]`).join('\x1e');

  it('is handled in turns of the event loop, in order, and the next poll waits for the last packet', async () => {
    const { socket } = await joined();
    const seen: number[] = [];
    socket.on('n', (i: number) => seen.push(i));
    const polls = http.sent('GET').length;
    await http.sent('GET').at(-1)?.answers(packets(4_500));
    expect([seen.length, http.sent('GET').length]).toEqual([2_000, polls]);
    fake.world.clock.advance(0);
    expect(seen).toEqual(Array.from({ length: 4_500 }, (_, i) => i));
    await settled();
    expect(http.sent('GET').length).toBe(polls + 1);
  });

  it('is not handled further once a listener has closed the connection', async () => {
    const { manager, socket } = await joined();
    const seen = vi.fn();
    socket.on('n', seen);
    await http.sent('GET').at(-1)?.answers(packets(4_500));
    manager.engine.close();
    await settled();
    seen.mockClear();
    fake.world.clock.advance(0);
    expect(seen).not.toHaveBeenCalled();
  });

  it('ends the connection if it has more than 100,000', async () => {
    const { socket } = await joined();
    const ends: unknown[] = [];
    socket.on('disconnect', (reason, details) => ends.push(`${reason}: ${(details as Error).message}`));
    await http.sent('GET').at(-1)?.answers('2\x1e'.repeat(100_000).concat('2'));
    expect(ends).toEqual(['transport error: more than 100000 packets in one answer']);
  });
});

describe('a page that is left', () => {
  it.each(['stored', 'left'] as const)(
    'sends its last emits in one request, and the end of the session in another (%s)',
    async (signal) => {
      const { manager, socket } = await joined();
      const ends: string[] = [];
      socket.on('disconnect', (reason) => ends.push(reason));
      fake.world.signals.tell('leaving');
      socket.emit('bye');
      socket.emit('now');
      await settled();
      expect(bodies()).toEqual(['40']);
      fake.world.signals.tell(signal);
      await settled();
      const last = http.sent('POST').slice(-2);
      expect(last.map(({ body, keepalive }) => [body, keepalive])).toEqual([
        ['42["bye"]\x1e42["now"]', true],
        ['1', true],
      ]);
      // A server that sees the poll end before this request arrives ends the session without reading it.
      expect(http.sent('GET').at(-1)?.aborted).toBe(false);
      expect([ends, manager.status, http.sent('POST').length]).toEqual([['transport close'], 'offline', 3]);
    },
  );

  it('sends the last packets of a program that disconnects while leaving', async () => {
    const { manager, socket } = await joined();
    fake.world.signals.tell('leaving');
    socket.emit('bye');
    socket.disconnect();
    fake.world.signals.tell('left');
    await settled();
    // A server would ignore the farewell beside the end of its namespace, and that beside the end of the session.
    expect(bodies()).toEqual(['40', '42["bye"]', '41', '1']);
    expect(manager.status).toBe('closed');
    await http.sent('POST').at(-1)?.answers('ok');
    expect(fake.world.clock.pending).toBe(0);
  });

  it('does not send again what the last request carried', async () => {
    const { manager, socket } = await joined();
    fake.world.signals.tell('leaving');
    socket.emit('bye');
    fake.world.signals.tell('stored');
    await settled();
    fake.world.signals.tell('restored');
    fake.world.clock.advance(250);
    await settled();
    await http.sent('GET').at(-1)?.answers(HANDSHAKE);
    await http.sent('POST').at(-1)?.answers('ok');
    await http.sent('GET').at(-1)?.answers('40{"sid":"b"}');
    expect([manager.status, socket.connected]).toEqual(['connected', true]);
    expect(posted().filter((packet) => packet.includes('bye'))).toHaveLength(1);
  });

  it('sends a large last request as an ordinary one, because browsers refuse a large one with keepalive', async () => {
    const { socket } = await joined();
    fake.world.signals.tell('leaving');
    socket.emit('bye', 'x'.repeat(60_001));
    fake.world.signals.tell('left');
    await settled();
    expect(http.sent('POST').at(-2)).toMatchObject({ keepalive: false });
  });
});
