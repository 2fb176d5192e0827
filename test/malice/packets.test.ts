import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { io, type Socket } from '../../src/index.js';
import { changesSince, snapshotOfPrototypes } from '../fuzz/prototypes.js';
import { startServer, type TestServer } from '../support/server.js';
import { Victim } from './client.js';
import { type Frame, join, Villain, type Voice } from './hostile-server.js';

/** A server that sends what no server sends, to a client that is in, or about to be. */

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

async function meet(
  transport: string,
  script: Parameters<typeof Villain.start>[0],
  options = {},
): Promise<Victim> {
  const villain = await Villain.start(script);
  const victim = new Victim(villain, { transports: [transport], ...options });
  undo.push(
    () => villain.close(),
    () => victim.leave(),
  );
  return victim;
}

const deep = (depth: number, inside = '1', open = '[', close = ']'): string =>
  open.repeat(depth) + inside + close.repeat(depth);

/** Over polling, attachments are base64 in the same answer. */
const sayAll = (voice: Voice, frames: readonly Frame[]): void => {
  if (voice.transport === 'websocket') for (const frame of frames) voice.say(frame);
  else
    voice.say(
      frames
        .map((frame) => (typeof frame === 'string' ? frame : `b${frame.toString('base64')}`))
        .join('\x1e'),
    );
};

const bytes = Buffer.from('bytes');
const nested = 100_000;

/** After these, nothing can be believed any more. */
const refused: Readonly<Record<string, readonly Frame[]>> = {
  garbage: ['4garbage'],
  'control characters': ['4\x00\x01\x1b[2J\x7f'],
  'an empty packet': ['4'],
  'an unknown type': ['49'],
  'an event that is no list': ['42{"a":1}'],
  'an event without a name': ['42[]'],
  'an event whose name is an object': ['42[{}]'],
  'an event of the library’s own': ['42["disconnect","x"]'],
  'half a packet': ['42["news",{"a"'],
  'a namespace without an end': [`42/${'n'.repeat(1e6)}`],
  'an ack id that no number holds': [`43${'9'.repeat(400)}["x"]`],
  'an ack id that is not exact': ['4399999999999999999999["x"]'],
  'a negative ack id': ['43-1["x"]'],
  'an event with a huge ack id': [`42${'9'.repeat(30)}["x"]`],
  'a million attachments': ['451000000-["x",{"_placeholder":true,"num":0}]'],
  'attachments without number': ['45-["x"]'],
  'a negative number of attachments': ['45-1-["x"]'],
  'more attachments than there are places': ['452-["x",{"_placeholder":true,"num":0}]', bytes, bytes],
  'a place beyond the attachments': ['451-["x",{"_placeholder":true,"num":7}]', bytes],
  'a place that is no number': ['451-["x",{"_placeholder":true,"num":"__proto__"}]', bytes],
  'text where an attachment is due': ['452-["x"]', bytes, '42["y"]'],
  'an attachment out of nowhere': [bytes],
  'attachments, nested deeper than the stack': [
    `451-["x",${deep(nested, '{"_placeholder":true,"num":0}')}]`,
    bytes,
  ],
  'a CONNECT that is a list': ['40[1]'],
  'a DISCONNECT with something in it': ['41{"a":1}'],
};

/** These are strange, and do no harm. */
const borne: Readonly<Record<string, readonly Frame[]>> = {
  'nested lists': [`42["deep",${deep(nested)}]`],
  'nested objects': [`42["deep",${deep(nested, '1', '{"a":', '}')}]`],
  'a nested answer to nothing': [`431${deep(nested)}`],
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
  'an answer that nobody waits for': ['430["x"]', '43123456["x"]', '439007199254740991[]'],
  'CONNECT again': ['40{"sid":"b"}', '40{"sid":"__proto__","pid":{}}', '40'],
  'CONNECT_ERROR after CONNECT': ['44{"message":"too late"}', '44'],
  'DISCONNECT of a namespace that is not there': ['41/nowhere,', '41/nowhere'],
  'an event for a namespace that is not there': ['42/nowhere,["x"]'],
  'packets of the engine out of turn': ['6', '3', '2', '2probe'],
};

describe.each(['websocket', 'polling'])('over %s', (transport) => {
  test.each(Object.keys(refused))('%s ends the connection with "parse error"', async (name) => {
    const victim = await meet(transport, {
      joining(voice) {
        join(voice);
        sayAll(voice, refused[name] as Frame[]);
      },
    });
    await victim.told(/^disconnect/);
    expect(victim.story).toEqual(['connect', 'disconnect parse error']);
  });

  test.each(Object.keys(borne))('%s: it goes on', async (name) => {
    const victim = await meet(transport, {
      joining(voice) {
        join(voice);
        sayAll(voice, [...(borne[name] as Frame[]), '42["after"]']);
      },
    });
    await victim.heard('after');
    expect(victim.story).toEqual(['connect']);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test.each(['0{"sid":"again"}', 'x', '\x00', '9', 'b!', '7["x"]'])(
    '%j is no packet of the engine',
    async (frame) => {
      const victim = await meet(transport, {
        joining(voice) {
          join(voice);
          voice.say(frame);
        },
      });
      await victim.told(/^disconnect/);
      expect(victim.story).toEqual([
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
  ])('a refusal of %j is told as a refusal', async (data) => {
    const victim = await meet(transport, { joining: (voice) => voice.say(`44${data}`) });
    await victim.told('connect_error CONNECT_REJECTED');
    expect(typeof victim.errors[0]?.message).toBe('string');
    expect(victim.socket.connected).toBe(false);
  });

  test('an answer that comes twice is taken once', async () => {
    const victim = await meet(transport, {
      hears(packet, voice) {
        if (packet.startsWith('420')) sayAll(voice, ['430["first"]', '430["second"]', '42["after"]']);
      },
    });
    const answers: unknown[] = [];
    victim.socket.emit('question', (answer: unknown) => answers.push(answer));
    await victim.heard('after');
    expect(answers).toEqual(['first']);
  });

  test('attachments without end stop at the limit', async () => {
    const victim = await meet(
      transport,
      {
        joining(voice) {
          join(voice);
          sayAll(voice, ['459999-["x"]', ...Array<Buffer>(100).fill(Buffer.alloc(10_000))]);
        },
      },
      { maxReceivedBytes: 500_000 },
    );
    await victim.told(/^disconnect/);
    expect(victim.story).toEqual(['connect', 'disconnect parse error']);
  });

  test('a message that is too large stops at the limit', async () => {
    const victim = await meet(
      transport,
      {
        joining(voice) {
          join(voice);
          voice.say(`42["x","${'a'.repeat(600_000)}"]`);
        },
      },
      { maxReceivedBytes: 500_000 },
    );
    await victim.told(/^disconnect/);
    expect(victim.story).toEqual(['connect', 'disconnect parse error']);
  });
});
