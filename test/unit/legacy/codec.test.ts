import { beforeEach, describe, expect, it } from 'vitest';
import { legacyCodec, PROBE, PROBE_WITH_FRAGMENT } from '../../../src/plugins/legacy/codec.js';
import { type Codec, createCodec } from '../../../src/protocol/codec.js';
import { ACK, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT, type Packet } from '../../../src/protocol/packet.js';
import { settled } from '../../support/fake-transports.js';

let codec: Codec;
let sent: string[];
let delivered: Packet[];

beforeEach(() => {
  sent = [];
  delivered = [];
  codec = legacyCodec(
    createCodec({ maxAttachments: 10, maxReceivedBytes: 1_000_000, maxSentAttachments: 10 }),
    'engine1',
    {
      send: (text) => sent.push(text),
      receive: (chunk) => void Promise.resolve().then(() => hear(chunk)),
      unasked: () => {},
    },
  );
});

function hear(...chunks: unknown[]): void {
  for (const chunk of chunks) codec.decode(chunk, (packet) => delivered.push(packet));
}
const ask = (nsp = '/', data?: Record<string, unknown>): unknown[] =>
  codec.encode({ type: CONNECT, nsp, data });
const connected = (nsp: string, sid: string): Packet => ({ type: CONNECT, nsp, data: { sid } });
const event = (nsp: string, ...data: [string, ...unknown[]]): Packet =>
  ({ type: EVENT, nsp, data, id: undefined }) as Packet;

describe('the root namespace', () => {
  it('is not requested: the server has already joined it', async () => {
    hear('0');
    expect(ask()).toEqual([]);
    expect(delivered).toEqual([]);
    await settled();
    expect(delivered).toEqual([connected('/', 'engine1')]);
  });

  it('is connected when the server says so later', () => {
    expect(ask()).toEqual([]);
    expect(delivered).toEqual([]);
    hear('0');
    expect(delivered).toEqual([connected('/', 'engine1')]);
  });

  it.each(['0', '0/', '0/,', '0/?a=b', '0/?a=b,'])('is connected by %s', (text) => {
    ask();
    hear(text);
    expect(delivered).toEqual([connected('/', 'engine1')]);
  });

  it('keeps packets that arrive before the program asks for it, in order', async () => {
    hear('0', '2["a",1]', '51-["b",{"_placeholder":true,"num":0}]', Uint8Array.of(7), '2["c"]');
    expect(delivered).toEqual([]);
    ask();
    await settled();
    expect(delivered).toEqual([
      connected('/', 'engine1'),
      event('/', 'a', 1),
      event('/', 'b', Uint8Array.of(7)),
      event('/', 'c'),
    ]);
  });

  it('keeps at most a thousand of them', async () => {
    hear('0', ...Array.from({ length: 2_000 }, (_, n) => `2["a",${n}]`));
    ask();
    await settled();
    expect(delivered).toHaveLength(1_000);
    expect(delivered.at(-1)).toEqual(event('/', 'a', 998));
  });

  it('keeps at most 16 MiB of them; packets of other namespaces do not count', async () => {
    const large = 'x'.repeat(900_000);
    hear('0', ...Array.from({ length: 30 }, () => `2/a,["${large}"]`));
    hear(...Array.from({ length: 30 }, (_, n) => `2["a",${n},"${large}"]`));
    delivered = [];
    ask();
    await settled();
    expect(delivered).toHaveLength(1 + Math.floor(2 ** 24 / 900_011));
  });

  it('lets packets of other namespaces through before it is requested', () => {
    hear('0', '0/a', '2/a,["b"]');
    expect(delivered).toEqual([connected('/a', '/a#engine1'), event('/a', 'b')]);
  });

  it('delivers later packets after the kept ones', async () => {
    hear('0', '2["a"]');
    ask();
    await settled();
    hear('2["b"]', '31["c"]');
    expect(delivered.slice(1)).toEqual([
      event('/', 'a'),
      event('/', 'b'),
      { type: ACK, nsp: '/', data: ['c'], id: 1 },
    ]);
  });

  it('passes on the refusal of a middleware', async () => {
    hear('4"not you"');
    ask();
    await settled();
    expect(delivered).toEqual([
      { type: CONNECT_ERROR, nsp: '/', data: { message: 'not you', data: 'not you' } },
    ]);
  });

  it('is requested explicitly after it was left, followed by a probe', () => {
    ask();
    hear('0');
    expect(codec.encode({ type: DISCONNECT, nsp: '/' })).toEqual(['1']);
    expect(ask()).toEqual(['0', `0${PROBE_WITH_FRAGMENT},`]);
    delivered = [];
    // 2.x without middleware says nothing of the root namespace.
    hear(`4${PROBE},"Invalid namespace"`);
    expect(delivered).toEqual([connected('/', 'engine1')]);
  });
});

describe('a namespace', () => {
  it('is requested without a query if there is no auth', () => {
    expect(ask('/a')).toEqual(['0/a,']);
  });

  it('is requested with auth as its query', () => {
    expect(ask('/a', { token: 'a b&c=ü,?', n: 1 })).toEqual(['0/a?token=a+b%26c%3D%C3%BC%2C%3F&n=1,']);
  });

  it('has an id of its name and the id of the engine', () => {
    hear('0/a');
    expect(delivered).toEqual([connected('/a', '/a#engine1')]);
  });

  it('has only the id of the engine if the server takes queries for names, as 1.3 does', () => {
    hear(`4${PROBE_WITH_FRAGMENT},"Invalid namespace"`, '0/a');
    expect(delivered.at(-1)).toEqual(connected('/a', 'engine1'));
  });

  it('is requested again without a query if the server took the query for a part of the name', () => {
    ask('/a', { token: 'x' });
    hear('4/a?token=x,"Invalid namespace"');
    expect([sent, delivered]).toEqual([['0/a,'], []]);
    hear('4/a,"Invalid namespace"');
    expect(delivered).toEqual([
      { type: CONNECT_ERROR, nsp: '/a', data: { message: 'Invalid namespace', data: 'Invalid namespace' } },
    ]);
  });

  it.each<[string, unknown]>([
    ['"not you"', { message: 'not you', data: 'not you' }],
    ['{"code":7}', { message: 'rejected by the server', data: { code: 7 } }],
    ['{"message":"m","code":7}', { message: 'm', data: { message: 'm', code: 7 } }],
    ['null', { message: 'rejected by the server', data: null }],
    ['7', { message: 'rejected by the server', data: 7 }],
    ['{"message":7}', { message: 'rejected by the server', data: { message: 7 } }],
    ['', { message: 'rejected by the server', data: undefined }],
  ])('may be refused with any JSON value: %s', (json, data) => {
    hear(`4/a,${json}`);
    expect(delivered).toEqual([{ type: CONNECT_ERROR, nsp: '/a', data }]);
  });

  it('may be refused with a text that contains commas and line breaks', () => {
    hear('4/a,"one, two\\n/b,"');
    expect(delivered[0]).toMatchObject({ nsp: '/a', data: { message: 'one, two\n/b,' } });
  });
});

describe('text that is not a packet', () => {
  it.each(['', '9', '4{', '4/a,{', '2', '2[]', 'x', '2["connect"]'])('ends the connection: %j', (text) => {
    expect(() => hear(text)).toThrow();
  });
});

it('leaves events and acknowledgements unchanged', () => {
  const bytes = Uint8Array.of(1);
  expect(codec.encode({ type: EVENT, nsp: '/a', data: ['x', bytes], id: 3 })).toEqual([
    '51-/a,3["x",{"_placeholder":true,"num":0}]',
    bytes,
  ]);
  expect(codec.encode({ type: ACK, nsp: '/', data: ['x'], id: 3 })).toEqual(['33["x"]']);
  expect(codec.encode({ type: DISCONNECT, nsp: '/a' })).toEqual(['1/a,']);
});
