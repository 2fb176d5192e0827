import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Manager } from '../../../src/io.js';
import { messages, useManagers } from '../../support/fake-managers.js';
import { settled } from '../../support/fake-transports.js';

/** Changes of a running manager by the program: its options, and its address. */

const fake = useManagers();
let warnings: string[];

beforeEach(() => {
  warnings = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(`${text}`));
});
afterEach(() => {
  vi.restoreAllMocks();
});

const thrower = (what: unknown) => (): never => {
  throw what;
};

/** Waits for the next attempt. */
async function nextAttempt(manager: Manager): Promise<void> {
  fake.world.clock.advance(manager.retryInMs as number);
  await settled();
}

describe('options that are assigned at run time', () => {
  it('apply from the next wait on', async () => {
    const manager = fake.make();
    await settled();
    manager.opts.reconnectionDelay = 70;
    fake.network.last.fails();
    expect(manager.retryInMs).toBe(70);
  });

  it('may be text, like those that were given first', async () => {
    const manager = fake.make();
    await settled();
    manager.opts.reconnectionDelay = '70' as never;
    fake.network.last.fails();
    expect([manager.retryInMs, manager.reconnectionDelay()]).toEqual([70, 70]);
  });

  it.each<[string, unknown]>([
    ['reconnectionDelay', Number.NaN],
    ['reconnectionDelayMax', -1],
    ['reconnectionAttempts', 'many'],
    ['randomizationFactor', 7],
    ['timeout', {}],
    ['transports', ['smoke']],
    ['transports', []],
    ['path', 5],
    ['query', 5],
    ['extraHeaders', 'x: y'],
  ])(
    'are ignored if they are invalid: the last valid one stays, with one warning (%s: %j)',
    async (name, value) => {
      const manager = fake.make({ reconnectionAttempts: 2 });
      await settled();
      const errors: string[] = [];
      manager.on('error', (error) => errors.push(error.message));
      Object.assign(manager.opts, { [name]: value });
      fake.network.last.fails('refused');
      await nextAttempt(manager);
      fake.network.last.fails('refused');
      expect([errors, manager.status]).toEqual([['refused', 'refused'], 'reconnecting']);
      await nextAttempt(manager);
      fake.network.last.shakes();
      expect(manager.status).toBe('connected');
      const about = warnings.filter((text) => text.includes(`"${name}"`));
      // Once for each option in a process.
      expect(about.length).toBeLessThanOrEqual(1);
      expect(about.every((text) => /accepted: .*; the previous value stays$/.test(text))).toBe(true);
    },
  );

  it('cause one warning, however often they are read', async () => {
    const manager = fake.make();
    manager.opts.highWaterMark = Number.NaN;
    for (let i = 0; i < 100; i++) await manager.drained();
    expect(warnings).toEqual([expect.stringContaining('"highWaterMark"')]);
  });

  it('replace an earlier invalid value', async () => {
    const manager = fake.make({ reconnectionDelay: 10 });
    manager.opts.reconnectionDelay = -1;
    expect(manager.reconnectionDelay()).toBe(10);
    manager.opts.reconnectionDelay = 20;
    expect(manager.reconnectionDelay()).toBe(20);
  });

  it('return to the default when they are deleted', async () => {
    const manager = fake.make({ reconnectionDelay: 10 });
    delete manager.opts.reconnectionDelay;
    expect(manager.reconnectionDelay()).toBe(1_000);
  });

  it('may be replaced altogether, which applies from the next attempt on', async () => {
    const { manager, below } = await fake.joined();
    manager.opts = { ...fake.over('polling'), query: { a: '1' }, path: '/elsewhere' } as typeof manager.opts;
    below.closes();
    await nextAttempt(manager);
    expect([fake.network.last.name, fake.network.last.query.a]).toEqual(['polling', '1']);
    expect(manager.engine.opts.path).toBe('/elsewhere/');
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    [
      'a getter that throws',
      Object.defineProperty({}, 'reconnectionDelay', { get: thrower(new Error('no')) }),
    ],
    ['a getter that throws nothing', Object.defineProperty({}, 'highWaterMark', { get: thrower(null) })],
    ['a Proxy that throws', new Proxy({}, { get: thrower(new Error('no')) })],
    ['an object without a prototype', Object.create(null)],
    ['a key "__proto__"', JSON.parse('{"__proto__":{"transports":["smoke"],"reconnectionDelay":-1}}')],
    ['a function', () => {}],
  ])('replaced by %s, stop neither the connection nor its retries', async (_what, opts) => {
    const { manager, socket, below } = await fake.joined(fake.standard());
    const errors: string[] = [];
    manager.on('error', (error) => errors.push(error.message));
    manager.opts = opts as typeof manager.opts;
    await manager.drained();
    below.closes();
    expect([manager.status, socket.active]).toEqual(['reconnecting', true]);
    await nextAttempt(manager);
    fake.network.last.shakes();
    expect([manager.status, errors]).toEqual(['connected', []]);
  });

  it('have their defaults if they are replaced by an empty object', async () => {
    const manager = fake.make({ reconnectionDelay: 10, autoConnect: false });
    manager.opts = {};
    expect([manager.reconnectionDelay(), manager.timeout()]).toEqual([1_000, 20_000]);
    manager.opts = fake.over('websocket') as typeof manager.opts;
    manager.open();
    await settled();
    expect(manager.engine.opts.path).toBe('/socket.io/');
  });

  it('may contain a query that changes from attempt to attempt', async () => {
    const { manager, below } = await fake.joined({ query: { token: 'old' } });
    expect(below.query.token).toBe('old');
    (manager.opts.query as Record<string, string>).token = 'new';
    below.closes();
    await nextAttempt(manager);
    expect(fake.network.last.query.token).toBe('new');
  });
});

describe('an address that is assigned at run time', () => {
  it('applies from the next attempt on', async () => {
    const { manager, socket, below } = await fake.joined();
    manager.uri = 'https://other.test:8443/?token=1';
    socket.emit('before');
    expect(await messages(below)).toEqual(['2["before"]']);
    below.closes();
    await nextAttempt(manager);
    expect(manager.engine.opts).toMatchObject({ hostname: 'other.test', port: '8443', secure: true });
    expect(fake.network.last.query.token).toBe('1');
  });

  it('has its own remembered facts', async () => {
    const { manager, below } = await fake.joined();
    manager.uri = 'http://other.test';
    below.closes();
    await nextAttempt(manager);
    fake.network.last.shakes();
    expect([...fake.world.store.entries.keys()]).toEqual([
      'holdfast:http://host.test:3000/socket.io',
      'holdfast:http://other.test/socket.io',
    ]);
  });

  it('fails the next attempt if it is invalid, and is read again for the attempt after it', async () => {
    const { manager, below } = await fake.joined();
    const errors: unknown[] = [];
    manager.on('error', (error) => errors.push((error as { code?: string }).code));
    manager.uri = 'ftp://host.test';
    below.closes();
    await nextAttempt(manager);
    fake.world.clock.advance(0);
    expect([errors, manager.status]).toEqual([['BAD_ADDRESS'], 'reconnecting']);
    manager.uri = 'http://host.test';
    await nextAttempt(manager);
    fake.network.last.shakes();
    expect(manager.status).toBe('connected');
  });
});
