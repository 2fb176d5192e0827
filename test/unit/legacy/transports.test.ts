import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/platform/clock.js';
import { adopt, adoptIfLegacy } from '../../../src/plugins/legacy/transports.js';
import { HttpPolling } from '../../../src/session/transports/polling.js';
import type { Transport } from '../../../src/session/transports/transport.js';
import { freePort, host, listen } from '../../support/ports.js';
import { Announcements } from '../../support/waiting.js';

interface Packet {
  readonly type: string;
  readonly data?: unknown;
}

/** A WebSocket transport before it is adopted: the frames that it writes, and what it reads. */
class Frames {
  readonly name = 'websocket';
  readonly written: unknown[] = [];
  readonly read: unknown[] = [];

  constructor(private readonly supportsBinary: boolean = true) {}

  write(packets: readonly Packet[]): void {
    for (const packet of packets) {
      const { type, data } = packet;
      const isText = data === undefined || typeof data === 'string';
      if (isText) this.doWrite(packet, `${types.indexOf(type)}${data ?? ''}`);
      else
        this.doWrite(
          packet,
          this.supportsBinary ? data : `b${Buffer.from(data as Uint8Array).toString('base64')}`,
        );
    }
  }

  doWrite(_packet: Packet, frame: unknown): void {
    this.written.push(frame);
  }

  onData(data: unknown): void {
    this.read.push(data);
  }
}
const types = ['open', 'close', 'ping', 'pong', 'message'];

const adopted = <Shape extends object>(transport: Shape): Shape => {
  adopt(transport as unknown as Transport);
  return transport;
};

describe('a frame', () => {
  it('of text passes unchanged in both directions', () => {
    const transport = adopted(new Frames());
    transport.write([{ type: 'message', data: '2["a"]' }, { type: 'ping' }]);
    transport.onData('42["b"]');
    expect([transport.written, transport.read]).toEqual([['42["a"]', '2'], ['42["b"]']]);
  });

  it.each([
    ['a buffer', Uint8Array.of(1, 2).buffer],
    ['a view', Uint8Array.of(1, 2)],
    ['a part of a buffer', Uint8Array.of(0, 1, 2, 3).subarray(1, 3)],
    ['a view of larger units', Uint16Array.of(0x0201)],
    ['a Buffer', Buffer.from([1, 2])],
    ['a DataView', new DataView(Uint8Array.of(9, 1, 2).buffer, 1)],
  ])('of bytes is prefixed with the type of a message: %s', (_, data) => {
    const transport = adopted(new Frames());
    transport.write([{ type: 'message', data }]);
    expect(transport.written).toEqual([Uint8Array.of(4, 1, 2)]);
  });

  it('of a Blob is prefixed with the type of a message', async () => {
    const transport = adopted(new Frames());
    transport.write([{ type: 'message', data: new Blob(['ab']) }]);
    const [blob] = transport.written;
    expect(blob).toBeInstanceOf(Blob);
    expect(new Uint8Array(await (blob as Blob).arrayBuffer())).toEqual(Uint8Array.of(4, 97, 98));
  });

  it('of base64 has the type of a message after its first letter, in both directions', () => {
    const transport = adopted(new Frames(false));
    transport.write([{ type: 'message', data: Uint8Array.of(1, 2, 3) }]);
    transport.onData('b4AQID');
    expect([transport.written, transport.read]).toEqual([['b4AQID'], ['bAQID']]);
  });

  it('of bytes is read without its type', () => {
    const transport = adopted(new Frames());
    transport.onData(Uint8Array.of(4, 1, 2).buffer);
    expect(transport.read).toEqual([Uint8Array.of(1, 2).buffer]);
  });

  it('has only one type, however often the transport is adopted', () => {
    const transport = adopted(adopted(new Frames()));
    transport.write([{ type: 'message', data: Uint8Array.of(1) }]);
    expect(transport.written).toEqual([Uint8Array.of(4, 1)]);
  });

  it('sends the program’s own packets unchanged', () => {
    const transport = adopted(new Frames());
    const packet = Object.freeze({ type: 'message', data: Object.freeze([1]) && Uint8Array.of(1) });
    transport.write([packet]);
    expect(packet.data).toEqual(Uint8Array.of(1));
  });
});

describe('long-polling', () => {
  let server: Server;
  let url: string;
  let answer: { status: number; body: Uint8Array | string };
  let requests: { method: string | undefined; type: string | undefined; body: Buffer }[];
  const changes = new Announcements();

  beforeEach(async () => {
    answer = { status: 200, body: 'ok' };
    requests = [];
    server = createServer(async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      requests.push({
        method: request.method,
        type: request.headers['content-type'],
        body: Buffer.concat(pieces),
      });
      response.writeHead(answer.status).end(answer.body);
    });
    const port = await freePort();
    await listen(server, port);
    url = `http://${host}:${port}/`;
  });

  afterEach(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });

  /** Long-polling whose packets are written down. */
  class Polling extends HttpPolling {
    readonly read: string[] = [];
    readonly errors: unknown[][] = [];

    override uri(): string {
      return url;
    }

    override onPacket({ type, data }: { readonly type: string; readonly data?: unknown }): void {
      const bytes = data instanceof Uint8Array || data instanceof ArrayBuffer;
      this.read.push(`${type}:${bytes ? Buffer.from(data as Uint8Array).toString('hex') : (data ?? '')}`);
      changes.announce();
    }

    override onError(reason: string, description?: unknown): void {
      this.errors.push(description === undefined ? [reason] : [reason, description]);
      changes.announce();
    }
  }

  function unadopted(): Polling {
    const socket = { id: 'a', binaryType: 'nodebuffer' };
    const options = { _clock: systemClock(), _maxReceivedBytes: 10_000, socket, query: {} };
    return new Polling(options as never);
  }

  const polling = (): Polling => adopted(unadopted());

  const heard = (transport: Polling): Promise<void> =>
    changes.until('an answer', () => transport.read.length + transport.errors.length > 0);
  const write = (transport: Polling, data: string): Promise<void> =>
    new Promise((resolve) => transport.doWrite(data, resolve));

  it('reads an octet-stream with bytes in it', async () => {
    const transport = polling();
    answer.body = Uint8Array.of(0, 2, 255, 52, 48, 1, 3, 255, 4, 255, 128);
    transport._poll();
    await heard(transport);
    expect(transport.read).toEqual(['message:0', 'message:ff80']);
  });

  it('reads an octet-stream that was decoded as text', () => {
    const transport = polling();
    transport.onData('\x00\x02\ufffd40');
    expect(transport.read).toEqual(['message:0']);
  });

  it('reads a server that was updated, and from then on writes its version', async () => {
    const transport = polling();
    transport.onData('0{"sid":"a"}');
    expect(transport.read).toEqual(['open:{"sid":"a"}']);
    await write(transport, '40');
    expect(requests).toEqual([{ method: 'POST', type: 'text/plain;charset=UTF-8', body: Buffer.from('40') }]);
  });

  it('writes an octet-stream', async () => {
    await write(polling(), '42["ü"]\x1ebAQ==');
    const text = [...Buffer.from('42["ü"]')];
    expect(requests).toEqual([
      {
        method: 'POST',
        type: 'application/octet-stream',
        body: Buffer.from([0, text.length, 255, ...text, 1, 2, 255, 4, 1]),
      },
    ]);
  });

  it('fails on an invalid payload', async () => {
    const transport = polling();
    answer.body = Uint8Array.of(0, 99);
    transport._poll();
    await heard(transport);
    expect([transport.read, transport.errors]).toEqual([[], [['invalid payload']]]);
  });

  it('fails with the status of the response', async () => {
    const transport = polling();
    answer.status = 400;
    transport._poll();
    await heard(transport);
    expect(transport.errors).toEqual([['xhr poll error', 400]]);
  });

  it('fails if there is no server', async () => {
    const transport = polling();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    transport.doWrite('40', () => transport.read.push('written'));
    await heard(transport);
    expect(transport.read).toEqual([]);
    expect(transport.errors).toEqual([['xhr post error', 0]]);
    server.listen();
  });

  describe('that is adopted by its first answer', () => {
    const asked = (): Polling => {
      const transport = unadopted();
      adoptIfLegacy(transport as unknown as Transport);
      return transport;
    };

    it('speaks v3 if the first answer is v3', async () => {
      const transport = asked();
      transport.onData('2:40');
      expect(transport.read).toEqual(['message:0']);
      await write(transport, '41');
      expect(requests[0]?.body).toEqual(Buffer.from([0, 2, 255, 52, 49]));
    });

    it('speaks v4 if the first answer is v4, whatever follows', async () => {
      const transport = asked();
      transport.onData('40');
      transport.onData('42["2:40"]');
      expect(transport.read).toEqual(['message:0', 'message:2["2:40"]']);
      await write(transport, '41');
      expect(requests[0]?.body).toEqual(Buffer.from('41'));
    });
  });
});
