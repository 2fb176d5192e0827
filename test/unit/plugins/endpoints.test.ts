import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Manager } from '../../../src/io.js';
import type { Plugin } from '../../../src/manager/plugin.js';
import type { HoldfastError } from '../../../src/platform/errors.js';
import type { Options } from '../../../src/platform/options.js';
import { type EndpointContext, endpoints } from '../../../src/plugins/endpoints.js';
import { useManagers } from '../../support/fake-managers.js';
import { settled } from '../../support/fake-transports.js';

const fake = useManagers();
const EU = 'https://eu.test';
const US = 'https://us.test';
const ASIA = 'https://asia.test';
const LIST = [EU, US, ASIA];

const errors = vi.fn();
beforeEach(() => {
  errors.mockReset();
  vi.stubGlobal('reportError', errors);
});

/** The host names that were dialled, in order. */
const dialled = (): string[] =>
  fake.network.made.map((one) =>
    (one as unknown as { opts: { hostname: string } }).opts.hostname.slice(0, -5),
  );

const make = (plugin = endpoints(LIST), options: Options = {}): Manager =>
  fake.makeAt(EU, { plugins: [plugin], reconnectionDelay: 1_000, ...options });

/** A manager on a device that says whether it has a network. */
const makeOn = (online: () => boolean): Manager => {
  const device: Plugin = { name: 'device', manager: () => ({ online }) };
  return make(undefined, { plugins: [endpoints(LIST), device] });
};

/** A manager whose address function answers on the test's command. */
function makeAsking(): { manager: Manager; answer(address: string): void } {
  let resolveAddress = (_address: string): void => {};
  const choose = (): Promise<string> =>
    new Promise((resolve) => {
      resolveAddress = resolve;
    });
  return { manager: make(endpoints(choose)), answer: (address) => resolveAddress(address) };
}

/** Lets the wait for the next attempt pass. */
async function nextAttempt(manager: Manager): Promise<void> {
  fake.world.clock.advance(manager.retryInMs ?? 0);
  await settled();
}

/** The running attempt fails, and the next one begins. */
async function fails(manager: Manager): Promise<void> {
  fake.network.last.fails();
  await nextAttempt(manager);
}

/** Time passes, and the server's heartbeat arrives. */
async function lives(ms: number): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= 10_000) {
    fake.world.clock.advance(Math.min(leftMs, 10_000));
    fake.network.last.gives('ping');
    await settled();
  }
}

/** The server accepts the connection and a namespace. */
async function letsIn(): Promise<void> {
  fake.network.last.shakes();
  await settled();
  fake.network.last.gives('message', '0{"sid":"a"}');
}

describe('a list of addresses', () => {
  it('is tried from the first one on, and restarts after the last one', async () => {
    const manager = make();
    expect(manager.engine).toBeDefined();
    await settled();
    for (let i = 0; i < 4; i++) await fails(manager);
    expect(dialled()).toEqual(['eu', 'us', 'asia', 'eu', 'us']);
    expect(manager.uri).toBe(US);
  });

  it('stays with a working address: a lost connection is reopened to the same one', async () => {
    const manager = make();
    const socket = manager.socket('/');
    await settled();
    await fails(manager);
    await letsIn();
    expect([socket.connected, manager.uri]).toEqual([true, US]);
    fake.network.last.closes();
    await nextAttempt(manager);
    expect(dialled()).toEqual(['eu', 'us', 'us']);
    await fails(manager);
    expect(dialled()).toEqual(['eu', 'us', 'us', 'asia']);
  });

  it('moves to the next one if a connection opened but no namespace connected', async () => {
    const manager = make();
    manager.socket('/');
    await settled();
    fake.network.last.shakes();
    await settled();
    fake.network.last.closes();
    await nextAttempt(manager);
    expect(dialled()).toEqual(['eu', 'us']);
  });

  it('tries the other transports of an address before the next address', async () => {
    const manager = make(endpoints(LIST), fake.over('websocket', 'polling'));
    manager.socket('/');
    await settled();
    fake.network.last.fails();
    await settled();
    expect(dialled()).toEqual(['eu', 'eu']);
    fake.network.last.shakes();
    await settled();
    expect(manager.transport).toBe('polling');
  });

  it('tries the other transport of an address if the server does not answer over the first', async () => {
    const manager = make(endpoints(LIST), fake.over('websocket', 'polling'));
    manager.socket('/');
    await settled();
    fake.network.last.shakes();
    fake.world.clock.advance(5_000);
    await settled();
    expect(fake.network.made.map(({ name }) => name)).toEqual(['websocket', 'polling']);
    expect(dialled()).toEqual(['eu', 'eu']);
  });

  it('is not advanced by a change of network during an attempt', async () => {
    make();
    await settled();
    fake.world.clock.advance(1_000);
    fake.world.signals.tell('moved');
    await settled();
    expect(dialled()).toEqual(['eu', 'eu']);
  });

  it('is not advanced when the program closes the connection', async () => {
    const manager = make();
    const socket = manager.socket('/');
    await settled();
    fake.network.last.shakes();
    socket.disconnect();
    socket.connect();
    await settled();
    expect(dialled()).toEqual(['eu', 'eu']);
  });

  it('moves to the next one if the program retries by hand', async () => {
    const manager = make(endpoints(LIST), { reconnection: false });
    const socket = manager.socket('/');
    await settled();
    fake.network.last.fails();
    socket.connect();
    await settled();
    expect(dialled()).toEqual(['eu', 'us']);
  });

  it('remembers for each address which transport works', async () => {
    const manager = make();
    await settled();
    fake.network.last.shakes();
    fake.network.last.closes();
    await nextAttempt(manager);
    await settled();
    fake.network.last.shakes();
    expect([...fake.world.store.entries.keys()]).toEqual([
      'holdfast:https://eu.test/socket.io',
      'holdfast:https://us.test/socket.io',
    ]);
  });

  it('forgets the round-trip time of another address', async () => {
    const manager = make();
    manager.socket('/');
    await settled();
    fake.network.last.shakes();
    await settled();
    fake.world.clock.advance(20);
    fake.network.last.gives('message', '0{"sid":"a"}');
    expect(manager.latencyMs).toBe(20);
    fake.network.last.closes();
    await nextAttempt(manager);
    await fails(manager);
    expect([manager.uri, manager.latencyMs]).toEqual([US, undefined]);
  });

  it('does not blame an address for a device without a network', async () => {
    let online = true;
    const manager = makeOn(() => online);
    manager.socket('/');
    await settled();
    await fails(manager);
    await letsIn();
    expect(manager.uri).toBe(US);
    online = false;
    fake.network.last.closes();
    await nextAttempt(manager);
    // The browser may be wrong: the other addresses are tried, too.
    await fails(manager);
    expect(dialled()).toEqual(['eu', 'us', 'us', 'asia']);
    fake.network.last.fails();
    online = true;
    await nextAttempt(manager);
    expect(dialled().slice(4)).toEqual(['us']);
    await fails(manager);
    expect(dialled().slice(4)).toEqual(['us', 'asia']);
  });

  it('begins with the first address if the device was offline from the beginning', async () => {
    let online = false;
    const manager = makeOn(() => online);
    manager.socket('/');
    await settled();
    await fails(manager);
    expect(dialled()).toEqual(['eu', 'us']);
    fake.network.last.fails();
    online = true;
    await nextAttempt(manager);
    expect(dialled()).toEqual(['eu', 'us', 'eu']);
  });

  it('is copied, so that later changes have no effect', async () => {
    const list = [...LIST];
    const manager = make(endpoints(list));
    list.length = 0;
    await settled();
    await fails(manager);
    await fails(manager);
    expect([dialled(), errors.mock.calls]).toEqual([['eu', 'us', 'asia'], []]);
  });

  it('may name an address twice', async () => {
    const manager = make(endpoints([EU, EU, US]));
    await settled();
    for (let i = 0; i < 3; i++) await fails(manager);
    expect(dialled()).toEqual(['eu', 'eu', 'us', 'eu']);
  });

  it('may have one address', async () => {
    const manager = make(endpoints([EU], { returnAfterMs: 1 }));
    await settled();
    await fails(manager);
    await fails(manager);
    expect(dialled()).toEqual(['eu', 'eu', 'eu']);
  });

  it.each([[[]], ['https://eu.test'], [undefined], [{}]])('rejects %j', (given) => {
    expect(() => endpoints(given as never)).toThrow(
      expect.objectContaining<Partial<HoldfastError>>({ code: 'BAD_OPTION' }),
    );
  });

  it('rejects invalid addresses in the list', () => {
    expect(() => endpoints([EU, 'ftp://us.test'])).toThrow(
      expect.objectContaining<Partial<HoldfastError>>({ code: 'BAD_ADDRESS' }),
    );
  });

  it.each([[-1], [Number.NaN], ['soon']])('rejects a return after %s', (returnAfterMs) => {
    expect(() => endpoints(LIST, { returnAfterMs: returnAfterMs as number })).toThrow(
      expect.objectContaining<Partial<HoldfastError>>({
        code: 'BAD_OPTION',
        message: expect.stringMatching(/returnAfterMs.*milliseconds/),
      }),
    );
  });
});

describe('the way back to the first address', () => {
  const returning = (): Manager => make(endpoints(LIST, { returnAfterMs: 60_000 }));

  it('leaves no timer when the program disconnects', async () => {
    const manager = make(endpoints(LIST, { returnAfterMs: 60_000 }), { coach: false });
    const socket = manager.socket('/');
    await settled();
    await fails(manager);
    await letsIn();
    expect(manager.uri).toBe(US);
    socket.disconnect();
    await settled();
    expect(fake.world.clock.pending).toBe(0);
    // The next connection to another address starts the time again.
    socket.connect();
    await settled();
    await letsIn();
    expect(manager.uri).toBe(US);
    await lives(66_000);
    expect(manager.uri).toBe(EU);
  });

  it('is taken after the chosen time, plus at most a tenth', async () => {
    const manager = returning();
    const socket = manager.socket('/');
    const reasons: string[] = [];
    socket.on('disconnect', (reason) => reasons.push(reason));
    await settled();
    await fails(manager);
    await letsIn();
    // Chance is half of the tenth.
    await lives(62_999);
    expect([manager.uri, manager.status]).toEqual([US, 'connected']);
    fake.world.clock.advance(1);
    await settled();
    expect([dialled(), reasons, manager.status]).toEqual([
      ['eu', 'us', 'eu'],
      ['transport close'],
      'reconnecting',
    ]);
    await letsIn();
    expect([socket.connected, manager.uri]).toEqual([true, EU]);
  });

  it('is never taken without a chosen time', async () => {
    const manager = make();
    manager.socket('/');
    await settled();
    await fails(manager);
    await letsIn();
    const { pending } = fake.world.clock;
    await lives(3_600_000);
    expect([dialled(), manager.status]).toEqual([['eu', 'us'], 'connected']);
    expect(fake.world.clock.pending).toBeLessThanOrEqual(pending);
  });

  it('loses no event', async () => {
    const manager = returning();
    const socket = manager.socket('/');
    await settled();
    await fails(manager);
    await letsIn();
    await lives(62_000);
    fake.network.last.writable = false;
    socket.emit('kept');
    fake.world.clock.advance(1_000);
    await settled();
    await letsIn();
    await settled();
    expect([manager.uri, fake.network.last.written.at(-1)]).toEqual([EU, 'message:2["kept"]']);
  });

  it('moves on to the next one if the first one is still down, and is taken again', async () => {
    const manager = returning();
    manager.socket('/');
    await settled();
    await fails(manager);
    await letsIn();
    for (let round = 0; round < 2; round++) {
      await lives(63_000);
      expect(manager.uri).toBe(EU);
      await fails(manager);
      expect(manager.uri).toBe(US);
      await letsIn();
    }
    expect(dialled()).toEqual(['eu', 'us', 'eu', 'us', 'eu', 'us']);
  });

  it.each<[string, Options]>([
    ['reconnection is off', { reconnection: false }],
    ['too few attempts are allowed to come back', { reconnectionAttempts: 1 }],
  ])('does not interrupt a connection if %s', async (_why, options) => {
    const manager = returning();
    manager.socket('/');
    await settled();
    await fails(manager);
    await letsIn();
    Object.assign(manager.opts, options);
    await lives(130_000);
    expect([dialled(), manager.status]).toEqual([['eu', 'us'], 'connected']);
    // After a lost connection, the first address is tried first.
    Object.assign(manager.opts, { reconnection: true });
    fake.network.last.closes();
    await nextAttempt(manager);
    expect(dialled()).toEqual(['eu', 'us', 'eu']);
  });

  it('is taken if the last allowed attempt comes back', async () => {
    const manager = returning();
    manager.socket('/');
    await settled();
    await fails(manager);
    await letsIn();
    manager.reconnectionAttempts(2);
    await lives(63_000);
    await fails(manager);
    await letsIn();
    expect([dialled(), manager.status]).toEqual([['eu', 'us', 'eu', 'us'], 'connected']);
  });

  it('waits for the next attempt if there is no connection', async () => {
    const manager = make(endpoints(LIST, { returnAfterMs: 60_000 }), {
      reconnectionDelay: 30_000,
      reconnectionDelayMax: 30_000,
    });
    manager.socket('/');
    await settled();
    await fails(manager);
    await letsIn();
    await lives(50_000);
    fake.network.last.closes();
    fake.world.clock.advance(13_000);
    await settled();
    expect(dialled()).toEqual(['eu', 'us']);
    await nextAttempt(manager);
    expect(dialled()).toEqual(['eu', 'us', 'eu']);
  });

  it('follows an attempt that was running when the time was over', async () => {
    const manager = make(endpoints(LIST, { returnAfterMs: 60_000 }), { timeout: 6_000 });
    manager.socket('/');
    await settled();
    await fails(manager);
    await letsIn();
    await lives(60_000);
    fake.network.last.closes();
    await nextAttempt(manager);
    expect(manager.uri).toBe(US);
    for (const next of [EU, US, ASIA]) {
      // Each of them hangs.
      fake.world.clock.advance(6_000);
      await nextAttempt(manager);
      expect(manager.uri).toBe(next);
    }
  });

  it('is taken later if that attempt succeeded', async () => {
    const manager = returning();
    manager.socket('/');
    await settled();
    await fails(manager);
    await letsIn();
    await lives(60_000);
    fake.network.last.closes();
    await nextAttempt(manager);
    fake.world.clock.advance(5_000);
    await letsIn();
    expect([manager.uri, manager.status]).toEqual([US, 'connected']);
    await lives(63_001);
    expect(manager.uri).toBe(EU);
  });

  it.each([0, 1, 500, 3_000])(
    'after %d ms prevents no address from being tried, however long attempts take',
    async (returnAfterMs) => {
      const manager = make(endpoints(LIST, { returnAfterMs }), { timeout: 5_000 });
      manager.socket('/');
      await settled();
      for (let i = 0; i < 4; i++) {
        // Each of them hangs.
        fake.world.clock.advance(5_000);
        await nextAttempt(manager);
      }
      expect([...new Set(dialled())]).toEqual(['eu', 'us', 'asia']);
    },
  );

  it('is not postponed by an unstable connection', async () => {
    const manager = returning();
    manager.socket('/');
    await settled();
    await fails(manager);
    await letsIn();
    for (let i = 0; i < 5; i++) {
      await lives(10_000);
      fake.network.last.closes();
      await nextAttempt(manager);
      await letsIn();
    }
    expect(manager.uri).toBe(US);
    await lives(12_000);
    expect(manager.uri).toBe(EU);
  });

  it('does not interrupt the first address after the list has returned to it', async () => {
    const manager = make(endpoints([EU, US], { returnAfterMs: 60_000 }));
    const socket = manager.socket('/');
    await settled();
    await fails(manager);
    await letsIn();
    await lives(20_000);
    fake.network.last.closes();
    await nextAttempt(manager);
    await fails(manager);
    await letsIn();
    const ended = vi.fn();
    socket.on('disconnect', ended);
    await lives(120_000);
    expect([manager.uri, ended.mock.calls]).toEqual([EU, []]);
  });
});

describe('a function that chooses the address', () => {
  it('is called for each attempt, with the previous address', async () => {
    const asked: EndpointContext[] = [];
    const manager = make(
      endpoints((context) => {
        asked.push(context);
        return context.attempt % 2 === 0 ? EU : US;
      }),
    );
    manager.socket('/');
    await settled();
    await fails(manager);
    await fails(manager);
    await letsIn();
    fake.network.last.closes();
    await nextAttempt(manager);
    expect(dialled()).toEqual(['eu', 'us', 'eu', 'eu']);
    expect(asked).toEqual([
      { attempt: 0, last: undefined },
      { attempt: 1, last: EU },
      { attempt: 2, last: US },
      { attempt: 0, last: EU },
    ]);
  });

  it('may answer later: the attempt waits', async () => {
    const { manager, answer } = makeAsking();
    await settled();
    expect([manager.status, dialled()]).toEqual(['connecting', []]);
    answer(ASIA);
    await settled();
    fake.network.last.shakes();
    expect([manager.status, manager.uri, dialled()]).toEqual(['connected', ASIA, ['asia']]);
  });

  it.each<[string, () => string | Promise<string>]>([
    [
      'throws',
      () => {
        throw new Error('no list');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no list'))],
  ])('keeps the previous address if it %s, which is reported', async (_how, choose) => {
    const choices = [() => US, choose, choose];
    const manager = make(endpoints(() => (choices.shift() as typeof choose)()));
    await settled();
    await fails(manager);
    await fails(manager);
    expect(dialled()).toEqual(['us', 'us', 'us']);
    expect(errors.mock.calls.map(([error]) => error.message)).toEqual(['no list', 'no list']);
  });

  it('keeps the address of `io()` if its first answer never arrives', async () => {
    const manager = make(
      endpoints(() => new Promise(() => {})),
      { timeout: 3_000 },
    );
    await settled();
    fake.world.clock.advance(2_999);
    await settled();
    expect(dialled()).toEqual([]);
    fake.world.clock.advance(1);
    await settled();
    expect([dialled(), manager.status]).toEqual([['eu'], 'connecting']);
  });

  it('is waited for without limit if there is no `timeout`', async () => {
    make(
      endpoints(() => new Promise(() => {})),
      // The coach has a timer of its own.
      { timeout: false, coach: false },
    );
    await settled();
    expect(fake.world.clock.pending).toBe(0);
  });

  it('is ignored if the program has closed the connection meanwhile', async () => {
    const { manager, answer } = makeAsking();
    await settled();
    manager._close();
    answer(US);
    await settled();
    expect([manager.status, dialled(), fake.world.clock.pending]).toEqual(['closed', [], 0]);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a number', 5],
    ['a list', [US]],
    ['an object', {}],
  ])(
    'keeps the previous address if it returns %s, at once or later, which is reported',
    async (_, garbage) => {
      const choices = [() => US, () => garbage, async () => garbage];
      const manager = make(endpoints((() => (choices.shift() as () => unknown)()) as never));
      await settled();
      await fails(manager);
      await fails(manager);
      expect(dialled()).toEqual(['us', 'us', 'us']);
      expect(errors.mock.calls).toMatchObject([[{ code: 'BAD_ADDRESS' }], [{ code: 'BAD_ADDRESS' }]]);
    },
  );

  it('counts once: later answers of a custom promise are ignored', async () => {
    const thenable = {
      // biome-ignore lint/suspicious/noThenProperty: as careless programs write it
      then(resolve: (address: string) => void, reject: (error: Error) => void) {
        resolve(ASIA);
        resolve(US);
        reject(new Error('late'));
        throw new Error('later');
      },
    };
    make(endpoints(() => thenable as never));
    await settled();
    expect([dialled(), errors.mock.calls]).toEqual([['asia'], []]);
  });

  it('may close the connection, and then nothing is opened', async () => {
    const manager: Manager = make(
      endpoints(() => {
        manager._close();
        return US;
      }),
      { autoConnect: false },
    );
    manager.socket('/').connect();
    await settled();
    fake.world.clock.advance(0);
    await settled();
    expect([manager.status, dialled(), fake.world.clock.pending]).toEqual(['closed', [], 0]);
  });

  it('fails the attempt if it returns an invalid address', async () => {
    const manager = make(endpoints(async () => 'ftp://eu.test'));
    const codes: unknown[] = [];
    manager.on('error', (error) => codes.push((error as HoldfastError).code));
    await settled();
    fake.world.clock.advance(0);
    expect([codes, manager.status]).toEqual([['BAD_ADDRESS'], 'reconnecting']);
  });
});

describe('without the plugin', () => {
  it('the round-trip time of one address is not that of the next', async () => {
    const manager = fake.makeAt(EU);
    manager.socket('/');
    await settled();
    fake.network.last.shakes();
    fake.world.clock.advance(10);
    fake.network.last.gives('message', '0{"sid":"a"}');
    expect(manager.latencyMs).toBe(10);
    manager.uri = US;
    fake.network.last.closes();
    await nextAttempt(manager);
    fake.network.last.shakes();
    expect(manager.latencyMs).toBeUndefined();
    fake.world.clock.advance(80);
    fake.network.last.gives('message', '0{"sid":"b"}');
    expect(manager.latencyMs).toBe(80);
  });

  it('the program may assign the address before each attempt', async () => {
    const manager = fake.makeAt(EU);
    const addresses = [US, ASIA];
    manager.on('reconnect_attempt', () => {
      const address: string | undefined = addresses.shift();
      manager.uri = address;
    });
    await settled();
    await fails(manager);
    await fails(manager);
    expect(dialled()).toEqual(['eu', 'us', 'asia']);
  });
});
