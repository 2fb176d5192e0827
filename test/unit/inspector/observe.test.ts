import { describe, expect, it, vi } from 'vitest';
import type { Manager } from '../../../src/io.js';
import { contract, type Schema } from '../../../src/plugins/contract/index.js';
import { describe as describeEvent } from '../../../src/plugins/inspector/describe.js';
import { observe } from '../../../src/plugins/inspector/observe.js';
import type { ObservedEvent } from '../../../src/plugins/inspector/observed.js';
import { messages, useManagers } from '../../support/fake-managers.js';
import { settled } from '../../support/fake-transports.js';

const managers = useManagers();

type Type = ObservedEvent['type'];

/** Observes, and returns the events since the last call, without their time. */
function look(manager: Manager, options: { payloads?: boolean } = {}) {
  const told: ObservedEvent[] = [];
  const stop = observe(manager, (event) => told.push(event), {
    now: () => managers.world.clock.now(),
    payloads: () => options.payloads ?? false,
  });
  const take = (...types: Type[]): Record<string, unknown>[] =>
    told
      .splice(0)
      .filter(({ type }) => types.length === 0 || types.includes(type))
      .map((event) =>
        Object.fromEntries(
          Object.entries(event).filter(([name, value]) => name !== 'atMs' && value !== undefined),
        ),
      );
  return { take, stop, told };
}

describe('the stream', () => {
  it('reports an attempt from its start to the answer to CONNECT', async () => {
    const manager = managers.make({ autoConnect: false });
    const { take } = look(manager);
    manager.socket('/').connect();
    await settled();
    const below = managers.network.last;
    managers.world.clock.advance(20);
    below.opens();
    managers.world.clock.advance(10);
    below.shakes();
    await settled();
    below.gives('message', '0{"sid":"a"}');

    const websocket = { type: 'attempt', round: 1, transport: 'websocket', probe: false };
    expect(take('state', 'attempt', 'namespace')).toEqual([
      { type: 'state', state: 'idle' },
      { type: 'state', state: 'connecting' },
      { ...websocket, phase: 'start', ms: 0 },
      { ...websocket, phase: 'open', ms: 20 },
      { ...websocket, phase: 'won', ms: 30 },
      { type: 'namespace', nsp: '/', state: 'joining' },
      { type: 'state', state: 'connected', transport: 'websocket' },
      { type: 'namespace', nsp: '/', state: 'joined', id: 'a', recovered: false },
    ]);
  });

  it('reports why an attempt failed, the delay before the next one, and its start', async () => {
    const manager = managers.make({ autoConnect: false, reconnectionDelay: 400 });
    const { take } = look(manager);
    manager.open();
    await settled();
    take();
    managers.network.last.fails('websocket error', 403);
    expect(take()).toMatchObject([
      { type: 'attempt', phase: 'failed', error: 'websocket error' },
      { type: 'failure', round: 1, lost: false, message: 'websocket error', attempts: [{ status: 403 }] },
      { type: 'state', state: 'waiting', retryInMs: 400, reason: 'websocket error' },
    ]);
    managers.world.clock.advance(400);
    await settled();
    expect(take()).toMatchObject([
      { type: 'state', state: 'reconnecting' },
      { type: 'attempt', round: 2, phase: 'start' },
    ]);
  });

  it('reports the beginning of an error page, and keeps no request or response', async () => {
    const manager = managers.make({ autoConnect: false });
    const { take } = look(manager);
    manager.open();
    await settled();
    take();
    const page = `<h1>502</h1>${'x '.repeat(500_000)}`;
    managers.network.last.fails(page, { status: 502, responseText: page, headers: { cookie: page } });
    const told = take();
    expect(told.map(({ type }) => type)).toEqual(['attempt', 'failure', 'state']);
    expect(JSON.stringify(told)).toContain('502');
    expect(JSON.stringify(told).length).toBeLessThan(20_000);
    expect(JSON.stringify(told)).not.toContain('cookie');
  });

  it('reports why a connection was lost, and which namespaces were lost with it', async () => {
    const { manager, below } = await managers.joined();
    const { take } = look(manager);
    take();
    below.closes();
    expect(take()).toMatchObject([
      { type: 'namespace', nsp: '/', state: 'left', reason: 'transport close' },
      { type: 'state', state: 'waiting', reason: 'transport close' },
    ]);
  });

  it('reports upgrades and their failures', async () => {
    const manager = managers.make({ ...managers.over('polling', 'websocket'), autoConnect: false });
    const { take } = look(manager);
    manager.open();
    await settled();
    managers.network.last.shakes();
    await settled();
    take();
    managers.network.last.fails('websocket error');
    expect(take('attempt')).toMatchObject([
      {
        transport: 'websocket',
        probe: true,
        phase: 'failed',
        error: expect.stringContaining('websocket error'),
      },
    ]);
    managers.world.clock.advance(15_000);
    const [polling] = managers.network.made;
    const probe = managers.network.last;
    probe.opens();
    probe.gives('pong', 'probe');
    polling?.paused?.();
    expect(take('attempt', 'state')).toMatchObject([
      { probe: true, phase: 'start' },
      { probe: true, phase: 'open' },
      { probe: true, phase: 'won' },
      { type: 'state', state: 'connected', transport: 'websocket' },
    ]);
  });
});

describe('packets', () => {
  it('come with namespace, event, size and acknowledgement, in both directions', async () => {
    const { manager, socket, below } = await managers.joined();
    const { take } = look(manager);
    take();
    socket.emit('price', 'HLD', () => {});
    managers.world.clock.advance(7);
    below.gives('message', '30["ok"]');
    below.gives('message', '25["question",1]');
    expect(take('packet')).toEqual([
      {
        type: 'packet',
        number: 1,
        direction: 'out',
        kind: 'event',
        nsp: '/',
        event: 'price',
        ackId: 0,
        bytes: 18,
        attachments: 0,
      },
      {
        type: 'packet',
        number: 2,
        direction: 'in',
        kind: 'ack',
        nsp: '/',
        event: 'price',
        ackId: 0,
        bytes: 9,
        attachments: 0,
        answers: { number: 1, ms: 7 },
      },
      {
        type: 'packet',
        number: 3,
        direction: 'in',
        kind: 'event',
        nsp: '/',
        event: 'question',
        ackId: 5,
        bytes: 17,
        attachments: 0,
      },
    ]);
  });

  it('are reported before listeners of the program react to them', async () => {
    const { manager, socket, below } = await managers.joined();
    const { take } = look(manager);
    socket.on('ask', () => socket.emit('reply'));
    take();
    below.gives('message', '2["ask"]');
    expect(take('packet').map(({ event }) => event)).toEqual(['ask', 'reply']);
  });

  it('have their payload only if requested, and never for CONNECT', async () => {
    const secret = { token: 'hush' };
    const manager = managers.make({ autoConnect: false });
    const { take, told } = look(manager, { payloads: true });
    const socket = manager.socket('/', { auth: secret }).connect();
    await settled();
    managers.network.last.shakes();
    await settled();
    managers.network.last.gives('message', '0{"sid":"a","pid":"private"}');
    socket.emit('price', 'HLD');
    expect(JSON.stringify(told)).not.toMatch(/hush|private/);
    expect(take('packet').at(-1)).toMatchObject({ payload: '["price","HLD"]' });

    const quiet = look(manager);
    socket.emit('price', 'HLD');
    expect(JSON.stringify(quiet.told)).not.toContain('HLD');
  });

  it('do not include the probes of the connection', async () => {
    const { manager, below } = await managers.joined();
    const { take } = look(manager);
    take();
    managers.world.signals.tell('woken');
    expect((await messages(below)).join()).toContain('holdfast-probe');
    expect(take('packet', 'namespace')).toEqual([]);
  });

  it('that will not be sent are reported, and still warned of if there is no listener', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const manager = managers.make({ autoConnect: false });
    const socket = manager.socket('/', { outbox: { maxPackets: 1 } });
    const { take } = look(manager);
    socket.emit('first');
    socket.emit('second');
    expect(take('dropped')).toMatchObject([{ nsp: '/', event: 'second', code: 'OUTBOX_FULL' }]);
    expect(warned).toHaveBeenCalledOnce();
    warned.mockRestore();
  });
});

describe('events that do not match their contract', () => {
  const text: Schema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) =>
        typeof value === 'string'
          ? { value }
          : {
              issues: [
                { message: `Invalid type: Expected string but received ${value}`, path: [{ key: 'text' }] },
              ],
            },
    },
  };

  it('are reported without the value, from the server and from the program', async () => {
    const { manager, below } = await managers.joined();
    const chat = contract({ toServer: { say: { args: [text] } }, fromServer: { said: { args: [text] } } });
    const socket = manager.socket('/chat', { plugins: [chat] });
    below.gives('message', '0/chat,{"sid":"chat"}');
    const { take } = look(manager);
    socket.on('invalid', () => {});
    expect(() => socket.emit('say', 1234)).toThrow('"say" does not match');
    below.gives('message', '2/chat,["said",1234]');
    const path = '0.text';
    const message = 'Invalid type: Expected string';
    expect(take('invalid')).toMatchObject([
      { nsp: '/chat', event: 'say', path, message },
      { nsp: '/chat', event: 'said', path, message },
    ]);
  });
});

describe('events of a server that are named like local ones', () => {
  const odd = [
    '',
    'null',
    '1e400',
    '"\\u001b[2K\\n12:00 connected"',
    '[]',
    '{"awayMs":1e300}',
    '{"awayMs":"x"}',
    '{}',
  ];
  const names = ['gap', 'dropped', 'invalid', 'status', 'sharing', 'retry', 'error'];

  it.each(names)('and have odd arguments do no harm: %s', async (name) => {
    const { manager, socket, below } = await managers.joined();
    const { take, told } = look(manager);
    const thrown: unknown[] = [];
    const rest: unknown[] = [];
    socket.onAny((event, ...args) => rest.push([event, ...args]));
    take();
    for (const first of odd)
      for (const second of odd) {
        const args = [JSON.stringify(name), first, first && second]
          .filter(Boolean)
          .join()
          .replace('1e400', '1');
        try {
          below.gives('message', `2[${args}]`);
        } catch (error) {
          thrown.push(error);
        }
      }
    below.gives('message', '2["after"]');
    expect(thrown).toEqual([]);
    expect(rest.at(-1)).toEqual(['after']);
    const characters = told.flatMap((event) => [...describeEvent(event)]);
    expect(characters.filter((character) => character < ' ')).toEqual([]);
    expect(take('dropped', 'invalid')).toEqual([]);
    expect(socket.connected).toBe(true);
  });
});

describe('an observer', () => {
  it('reports refused namespaces and gaps', async () => {
    const { manager, below } = await managers.joined();
    const { take } = look(manager);
    manager.socket('/admin');
    take();
    below.gives('message', '4/admin,{"message":"no"}');
    expect(take('namespace')).toEqual([{ type: 'namespace', nsp: '/admin', state: 'refused', reason: 'no' }]);
    below.closes();
    managers.world.clock.advance(1_000);
    await settled();
    managers.network.last.shakes();
    await settled();
    managers.network.last.gives('message', '0{"sid":"b"}');
    expect(take('gap')).toEqual([{ type: 'gap', nsp: '/', awayMs: 1_000 }]);
  });

  it('reports nothing after it has ended, and leaves nothing behind', async () => {
    const { manager, socket, below } = await managers.joined({ coach: false });
    const before = manager.engine.listeners('upgrade').length;
    const one = look(manager);
    const other = look(manager);
    one.take();
    one.stop();
    socket.emit('price');
    expect(one.take()).toEqual([]);
    expect(other.take('packet')).toHaveLength(1);
    other.stop();
    expect(manager._observers.length).toBe(0);
    expect(manager.engine.listeners('upgrade')).toHaveLength(before);
    below.closes();
  });

  it('that throws does no harm', async () => {
    const reported = vi.fn();
    vi.stubGlobal('reportError', reported);
    const { manager, socket, below } = await managers.joined();
    observe(manager, ({ type }) => {
      if (type === 'packet') throw new Error('mine');
    });
    const heard = vi.fn();
    socket.on('price', heard);
    below.gives('message', '2["price"]');
    expect(heard).toHaveBeenCalledOnce();
    expect(reported).toHaveBeenCalledOnce();
    vi.unstubAllGlobals();
  });
});
