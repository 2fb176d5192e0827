import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { io, type Socket } from '../../src/index.js';
import { changesSince, snapshotOfPrototypes } from '../fuzz/prototypes.js';
import { startServer, type TestServer } from '../support/server.js';
import { TestClient } from './client.js';
import { accept, type Frame, HostileServer, type HostileSession } from './hostile-server.js';

/** A server that sends malformed and unexpected packets to a connected or connecting client. */

let honest: TestServer;
let bystander: Socket;
const before = snapshotOfPrototypes();
beforeAll(async () => {
  honest = await startServer({
    setup: (app) => app.on('connection', (socket) => socket.on('echo', (value, answer) => answer(value))),
  });
  bystander = io(honest.url, { forceNew: true });
  await bystander.ready();
});
afterAll(async () => {
  bystander.disconnect();
  await honest.stop();
});

let undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.reverse()) await step();
  undo = [];
  expect(changesSince(before), 'changed prototypes').toEqual([]);
  expect(await bystander.timeout(5_000).emitWithAck('echo', 'still here')).toBe('still here');
  expect(bystander.connected).toBe(true);
});

async function attack(
  transport: string,
  script: Parameters<typeof HostileServer.start>[0],
  options = {},
): Promise<TestClient> {
  const server = await HostileServer.start(script);
  const client = new TestClient(server, { transports: [transport], ...options });
  undo.push(
    () => server.close(),
    () => client.disconnect(),
  );
  return client;
}

const deep = (depth: number, inside = '1', open = '[', close = ']'): string =>
  open.repeat(depth) + inside + close.repeat(depth);

/** Over polling, attachments are base64 in the same response. */
const sendAll = (session: HostileSession, frames: readonly Frame[]): void => {
  if (session.transport === 'websocket') for (const frame of frames) session.send(frame);
  else
    session.send(
      frames
        .map((frame) => (typeof frame === 'string' ? frame : `b${frame.toString('base64')}`))
        .join('\x1e'),
    );
};

const bytes = Buffer.from('bytes');
const nested = 100_000;

/** Packets after which the connection cannot be trusted. */
const refused: Readonly<Record<string, readonly Frame[]>> = {
  garbage: ['4garbage'],
  'control characters': ['4\x00\x01\x1b[2J\x7f'],
  'an empty packet': ['4'],
  'an unknown type': ['49'],
  'an event that is not an array': ['42{"a":1}'],
  'an event without a name': ['42[]'],
  'an event whose name is an object': ['42[{}]'],
  'a reserved event': ['42["disconnect","x"]'],
  'a truncated packet': ['42["news",{"a"'],
  'an unterminated namespace': [`42/${'n'.repeat(1e6)}`],
  'an ack id too large for a number': [`43${'9'.repeat(400)}["x"]`],
  'an ack id that is not exact': ['4399999999999999999999["x"]'],
  'a negative ack id': ['43-1["x"]'],
  'an event with a huge ack id': [`42${'9'.repeat(30)}["x"]`],
  'a million attachments': ['451000000-["x",{"_placeholder":true,"num":0}]'],
  'attachments without a count': ['45-["x"]'],
  'a negative number of attachments': ['45-1-["x"]'],
  'a placeholder beyond the attachments': ['451-["x",{"_placeholder":true,"num":7}]', bytes],
  'a placeholder that is not a number': ['451-["x",{"_placeholder":true,"num":"__proto__"}]', bytes],
  'text instead of an attachment': ['452-["x"]', bytes, '42["y"]'],
  'an unexpected attachment': [bytes],
  'attachments nested deeper than the stack': [
    `451-["x",${deep(nested, '{"_placeholder":true,"num":0}')}]`,
    bytes,
  ],
  'a CONNECT with an array': ['40[1]'],
  'a DISCONNECT with data': ['41{"a":1}'],
};

/** Unusual but harmless packets. */
const harmless: Readonly<Record<string, readonly Frame[]>> = {
  // The official server sends that for a member called `__proto__`.
  'more attachments than placeholders': ['452-["x",{"_placeholder":true,"num":0}]', bytes, bytes],
  'two placeholders for one attachment': [
    '451-["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]',
    bytes,
  ],
  'nested arrays': [`42["deep",${deep(nested)}]`],
  'nested objects': [`42["deep",${deep(nested, '1', '{"a":', '}')}]`],
  'a nested acknowledgement with an unknown id': [`431${deep(nested)}`],
  'prototype names as events': [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'prototype',
    'then',
  ].map((name) => `42["${name}",1]`),
  'prototype names as keys': [
    '42["keys",{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"hasOwnProperty":1}]',
    '451-["keys",{"__proto__":{"_placeholder":true,"num":0}}]',
    bytes,
  ],
  'prototype names as namespaces': ['__proto__', 'constructor', 'toString', 'hasOwnProperty'].flatMap(
    (name) => [`42/${name},["x"]`, `40/${name},{"sid":"b"}`, `41/${name}`, `44/${name},{"message":"x"}`],
  ),
  'acknowledgements with unknown ids': ['430["x"]', '43123456["x"]', '439007199254740991[]'],
  'CONNECT again': ['40{"sid":"b"}', '40{"sid":"__proto__","pid":{}}', '40'],
  'CONNECT_ERROR after CONNECT': ['44{"message":"too late"}', '44'],
  'DISCONNECT of an unknown namespace': ['41/nowhere,', '41/nowhere'],
  'an event for an unknown namespace': ['42/nowhere,["x"]'],
  'unexpected engine packets': ['6', '3', '2', '2probe'],
};

describe.each(['websocket', 'polling'])('over %s', (transport) => {
  test.each(Object.keys(refused))('%s ends the connection with "parse error"', async (name) => {
    const client = await attack(transport, {
      onConnect(session) {
        accept(session);
        sendAll(session, refused[name] as Frame[]);
      },
    });
    await client.untilLogged(/^disconnect/);
    expect(client.log).toEqual(['connect', 'disconnect parse error']);
  });

  test.each(Object.keys(harmless))('%s: the connection continues', async (name) => {
    const client = await attack(transport, {
      onConnect(session) {
        accept(session);
        sendAll(session, [...(harmless[name] as Frame[]), '42["after"]']);
      },
    });
    await client.untilReceived('after');
    expect(client.log).toEqual(['connect']);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test.each(['0{"sid":"again"}', 'x', '\x00', '9', 'b!', '7["x"]'])(
    '%j is not a valid engine packet',
    async (frame) => {
      const client = await attack(transport, {
        onConnect(session) {
          accept(session);
          session.send(frame);
        },
      });
      await client.untilLogged(/^disconnect/);
      expect(client.log).toEqual([
        'connect',
        expect.stringMatching(/^disconnect (parse error|transport error)$/),
      ]);
    },
  );

  test.each([
    '[1,2]',
    '"x"',
    'null',
    '5',
    '{}',
    '{"message":{"a":1}}',
    '{"message":"no","data":{"__proto__":1}}',
    '',
  ])('a refusal of %j is reported as a refusal', async (data) => {
    const client = await attack(transport, { onConnect: (session) => session.send(`44${data}`) });
    await client.untilLogged('connect_error CONNECT_REJECTED');
    expect(typeof client.errors[0]?.message).toBe('string');
    expect(client.socket.connected).toBe(false);
  });

  test('a repeated acknowledgement counts once', async () => {
    const client = await attack(transport, {
      onPacket(packet, session) {
        if (packet.startsWith('420')) sendAll(session, ['430["first"]', '430["second"]', '42["after"]']);
      },
    });
    const answers: unknown[] = [];
    client.socket.emit('question', (answer: unknown) => answers.push(answer));
    await client.untilReceived('after');
    expect(answers).toEqual(['first']);
  });

  test('endless attachments stop at the limit', async () => {
    const client = await attack(
      transport,
      {
        onConnect(session) {
          accept(session);
          sendAll(session, ['459999-["x"]', ...Array<Buffer>(100).fill(Buffer.alloc(10_000))]);
        },
      },
      { maxReceivedBytes: 500_000 },
    );
    await client.untilLogged(/^disconnect/);
    expect(client.log).toEqual(['connect', 'disconnect parse error']);
  });

  test('a message that is too large stops at the limit', async () => {
    const client = await attack(
      transport,
      {
        onConnect(session) {
          accept(session);
          session.send(`42["x","${'a'.repeat(600_000)}"]`);
        },
      },
      { maxReceivedBytes: 500_000 },
    );
    await client.untilLogged(/^disconnect/);
    expect(client.log).toEqual(['connect', 'disconnect parse error']);
  });
});
