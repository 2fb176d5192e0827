import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Manager, type Options } from '../../../src/index.js';
import type { AnyPlugin } from '../../../src/manager/plugin.js';
import { coach } from '../../../src/plugins/coach/index.js';
import { contract } from '../../../src/plugins/contract/index.js';
import { durable } from '../../../src/plugins/durable/index.js';
import { createOutbox } from '../../../src/plugins/durable/outbox.js';
import { DurableTab, settle } from '../../support/durable-tab.js';
import { SimulatedBrowser } from '../../support/simulated-disk.js';
import { idleSocket, joinedSocket } from '../../support/wired-socket.js';

const databaseOf = (owner: string): string => JSON.stringify(['holdfast', 'app', owner]);
const DATABASE = databaseOf('ann');

let browser: SimulatedBrowser;
beforeEach(() => {
  browser = new SimulatedBrowser();
});

const rows = (): unknown[] => browser.rows(DATABASE, 'entries');
const totals = (): unknown[] => browser.rows(DATABASE, 'totals');

async function connected(
  ...args: ConstructorParameters<typeof DurableTab> extends [unknown, ...infer Rest] ? Rest : never
) {
  const tab = new DurableTab(browser, ...args);
  await tab.connect();
  return tab;
}

describe('a durable emit', () => {
  it('is stored before it is sent, and removed after the answer', async () => {
    const tab = await connected();
    const answer = tab.emit('a');
    expect(tab.items()).toEqual([]);
    await settle(tab);
    expect(rows()).toHaveLength(1);
    const asked = tab.asked();
    expect(asked).toMatchObject([{ item: 'a' }]);
    await tab.answer(asked);
    expect(await answer).toBe('a!');
    expect([...rows(), ...totals()]).toEqual([]);
  });

  it('waits for the connection, in order, and is resent after a cut with the same key', async () => {
    const tab = new DurableTab(browser);
    const answers = Promise.all(['a', 'b', 'c'].map((item) => tab.emit(item)));
    await settle(tab);
    expect(rows()).toHaveLength(3);
    await tab.connect();
    const first = tab.asked();
    expect(first.map(({ item }) => item)).toEqual(['a', 'b', 'c']);
    await tab.answer(first.slice(0, 1));
    await tab.cut();
    await tab.connect();
    const again = tab.asked();
    expect(again.map(({ key }) => key)).toEqual(first.slice(1).map(({ key }) => key));
    expect(await tab.outbox.pending()).toMatchObject([{ tries: 2 }, { tries: 2 }]);
    await tab.answer(again);
    expect(await answers).toEqual(['a!', 'b!', 'c!']);
  });

  it('survives the page, precedes later emits, and is reported to listeners', async () => {
    const first = await connected();
    void first.emit('a');
    void first.emit('b');
    await settle(first);
    first.disk.die();
    const second = new DurableTab(browser);
    const restored: unknown[] = [];
    const settled: unknown[] = [];
    second.outbox.onRestored((entries) => restored.push(...entries.map(({ args }) => args[0])));
    second.outbox.onSettled(({ args }, { answer, error }) => settled.push([args[0], answer, error]));
    void second.emit('c');
    await second.connect();
    expect(restored).toEqual(['a', 'b']);
    const asked = second.asked();
    expect(asked.map(({ item }) => item)).toEqual(['a', 'b', 'c']);
    await second.answer(asked);
    expect(settled).toEqual([
      ['a', ['a!'], undefined],
      ['b', ['b!'], undefined],
    ]);
    expect(rows()).toEqual([]);
  });

  it('is not reported as restored if nothing was stored', async () => {
    const tab = await connected();
    const listener = vi.fn();
    void tab.emit('a');
    tab.outbox.onRestored(listener);
    await settle(tab);
    expect(listener).not.toHaveBeenCalled();
  });

  it('belongs to its owner', async () => {
    const ann = await connected({ owner: 'ann' });
    void ann.emit('a');
    await settle(ann);
    ann.disk.die();
    const bob = await connected({ owner: 'bob' });
    expect(bob.items()).toEqual([]);
    expect(await bob.outbox.pending()).toEqual([]);
    await bob.outbox.clear();
    expect(rows()).toHaveLength(1);
    const again = await connected({ owner: 'ann' });
    expect(again.items()).toEqual(['a']);
  });

  it('belongs to one server', () => {
    const outbox = createOutbox({ name: 'app', owner: 'ann' }, browser.tab());
    const make = (address: string, options: Options = {}): Manager =>
      new Manager(address, { autoConnect: false, plugins: [outbox], ...options });
    make('https://one.test');
    make('https://one.test:443/?token=2');
    const refusal = expect.objectContaining({
      code: 'BAD_OPTION',
      message: expect.stringMatching(
        /^the outbox "app" belongs to https:\/\/one\.test.* cannot be used for /,
      ),
    });
    expect(() => make('https://two.test')).toThrow(refusal);
    expect(() => make('https://one.test', { path: '/other' })).toThrow(refusal);
    createOutbox({ name: 'other', owner: 'ann' }, browser.tab()).manager?.(make('https://one.test') as never);
  });

  it('may move to another server when its connection was closed', async () => {
    const tab = await connected({}, { alone: true });
    const make = (): Manager =>
      new Manager('https://two.test', { autoConnect: false, plugins: [tab.outbox] });
    expect(make).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    tab.socket.disconnect();
    expect(tab.socket.io.status).toBe('closed');
    expect(make).not.toThrow();
  });

  it('is the same for equal options, however often a component asks for it', () => {
    const outbox = durable({ name: 'app', owner: 7 });
    expect(durable({ maxAgeMs: 604_800_000, owner: '7', name: 'app' })).toBe(outbox);
    expect(durable({ name: 'app', owner: 8 })).not.toBe(outbox);
    expect(durable({ name: 'app', owner: 7, strict: true })).not.toBe(outbox);
    expect(() => durable({ name: 'app' } as never)).toThrow('owner');
  });

  it('of which an event stays without an answer causes a warning, also after a reload', async () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warnings.mockRestore());
    const withCoach = (outbox: AnyPlugin): AnyPlugin[] => [coach(), outbox];
    const texts = (): string[] => warnings.mock.calls.map(([text]) => `${text}`);
    const first = await connected({}, {}, withCoach);
    void first.emit('a');
    await settle(first);
    first.disk.die();
    const second = await connected({}, {}, withCoach);
    await settle(second);
    expect(second.items()).toEqual(['a']);
    second.wire.clock.advance(10_000);
    expect(texts()).toEqual([
      expect.stringMatching(
        /^holdfast: "order" in the namespace "\/" has been waiting 10 s for its acknowledgement\..* the handler of a durable event gets the key before the callback/,
      ),
    ]);
  });

  it('belongs only to an owner with exactly the same id', async () => {
    const tab = await connected({ owner: 'x","y' });
    void tab.emit('a');
    await settle(tab);
    tab.disk.die();
    expect((await connected({ owner: 'x' })).items()).toEqual([]);
    expect((await connected({ owner: `${7}` })).items()).toEqual([]);
  });

  it('is stored as JSON at the call, with copies of binary data', async () => {
    const tab = new DurableTab(browser);
    const bytes = new Uint8Array([1, 2, 3]);
    class Money {
      toJSON() {
        return '7 EUR';
      }
    }
    const given = {
      money: new Money(),
      at: new Date(0),
      list: [1],
      bytes: bytes.subarray(1, 2),
      no: () => 1,
    };
    void tab.outbox.emitWithAck(tab.socket, 'order', given);
    given.list.push(2);
    bytes.fill(9);
    await settle(tab);
    const [entry] = await tab.outbox.pending();
    expect(entry?.args).toEqual([
      { money: '7 EUR', at: '1970-01-01T00:00:00.000Z', list: [1], bytes: new Uint8Array([2]) },
    ]);
    await tab.connect();
    expect(tab.wire.sent().slice(-2)).toEqual([expect.stringContaining('"7 EUR"'), '02']);
  });

  it('accepts a key of the program', async () => {
    const tab = await connected();
    void tab.outbox.emitWithAck(
      tab.socket.idempotent('my-key') as never,
      'order' as never,
      ...(['a'] as never[]),
    );
    await settle(tab);
    expect(tab.asked()).toMatchObject([{ key: 'my-key' }]);
    tab.socket.emit('plain');
    expect(tab.wire.sent()).toEqual(['2["plain"]']);
  });

  it('rejects with an error of the server with error-first acknowledgements', async () => {
    const tab = await connected({}, { errorFirstAcks: true });
    const outcomes = [tab.emit('a'), tab.emit('b').catch((error) => `failed: ${error}`)];
    await settle(tab);
    const [a, b] = tab.asked();
    tab.wire.receive(`3${a?.id}[null,"fine"]`, `3${b?.id}["no"]`);
    expect(await Promise.all(outcomes)).toEqual(['fine', 'failed: no']);
    await settle(tab);
    expect(rows()).toEqual([]);
  });

  it('is rejected for what emit rejects, and for a socket without the outbox', async () => {
    const tab = await connected();
    const codeOf = (...args: unknown[]) =>
      (tab.outbox.emitWithAck as (...args: unknown[]) => Promise<unknown>)(...args).catch(({ code }) => code);
    expect(await codeOf(tab.socket, 'connect')).toBe('RESERVED_EVENT');
    expect(await codeOf(tab.socket, {})).toBe('BAD_EVENT');
    expect(await codeOf(tab.socket, 'order', 1n)).toBe('UNSERIALIZABLE');
    const other = joinedSocket();
    expect(await codeOf(other.socket.idempotent('key'), 'order')).toBe('BAD_OPTION');
    other.socket.emit('plain');
    expect(other.wire.sent().slice(-1)).toEqual(['2["plain"]']);
    for (const nothing of [undefined, null, {}, 'socket'])
      expect(await codeOf(nothing, 'order')).toBe('BAD_OPTION');
    // These end with the page, or drop: a durable emit does neither.
    expect(await codeOf(tab.socket.timeout(1_000), 'order')).toBe('BAD_OPTION');
    expect(await codeOf(tab.socket.signal(new AbortController().signal), 'order')).toBe('BAD_OPTION');
    expect(await codeOf(tab.socket.volatile, 'order')).toBe('BAD_OPTION');
    tab.socket.emit('plain', () => {});
    expect(tab.wire.sent().slice(-1)).toEqual(['20["plain"]']);
    expect(rows()).toEqual([]);
  });

  it('ends if the server rejects its size', async () => {
    const tab = await connected({}, { handshake: { maxPayload: 1_000 } });
    const outcomes = Promise.all([tab.outcome('a'.repeat(2_000)), tab.outcome('b')]);
    await settle(tab);
    await tab.answer(tab.asked());
    expect(await outcomes).toEqual(['TOO_LARGE', 'b!']);
    expect(rows()).toEqual([]);
  });

  it('waits while too many acknowledgements are pending', async () => {
    const tab = await connected({}, { maxPendingAcks: 1 });
    tab.socket.emit('plain', () => {});
    tab.wire.sent();
    const outcome = tab.outcome('a');
    await settle(tab);
    expect(tab.items()).toEqual([]);
    tab.wire.receive('30[]');
    browser.clock.advance(10_000);
    await settle(tab);
    await tab.answer(tab.asked());
    expect(await outcome).toBe('a!');
  });

  it('is resent when ackTimeout has expired', async () => {
    const tab = await connected({}, { ackTimeout: 1_000 });
    const outcome = tab.outcome('a');
    await settle(tab);
    const [first] = tab.asked();
    tab.wire.clock.advance(1_001);
    const again = tab.asked();
    expect(again).toMatchObject([{ item: 'a', key: first?.key }]);
    await tab.answer(again);
    expect(await outcome).toBe('a!');
  });

  it('keeps its order when thousands are queued', async () => {
    const tab = new DurableTab(browser);
    const items = Array.from({ length: 2_000 }, (_, i) => `${i}`);
    const answers = Promise.all(items.map((item) => tab.emit(item)));
    await settle(tab);
    tab.disk.die();
    const heir = await connected();
    const got: string[] = [];
    for (let asked = heir.asked(); asked.length > 0; asked = heir.asked()) {
      got.push(...asked.map(({ item }) => item));
      await heir.answer(asked);
      await settle(heir);
    }
    expect(got).toEqual(items);
    browser.clock.advance(51);
    await settle(heir);
    expect(rows()).toEqual([]);
    void answers;
  });
});

describe('bounds', () => {
  it.each([
    [{ maxEntries: 2 }, ['c']],
    [{ maxBytes: 30 }, ['c', 'd'.repeat(60)]],
  ])('reject events beyond %o', async (options, refused) => {
    const tab = new DurableTab(browser, options);
    const outcomes = ['a', 'b'].map((item) => tab.outcome(item));
    await settle(tab);
    for (const item of refused) expect(await tab.outcome(item)).toBe('OUTBOX_FULL');
    await tab.connect();
    await tab.answer(tab.asked());
    expect(await Promise.all(outcomes)).toEqual(['a!', 'b!']);
    void tab.emit('e');
    await settle(tab);
    expect(tab.items()).toEqual(['e']);
  });

  it('apply to all tabs together', async () => {
    const [one, two] = [
      new DurableTab(browser, { maxEntries: 2 }),
      new DurableTab(browser, { maxEntries: 2 }),
    ];
    void one.emit('a');
    void two.emit('b');
    await settle(one, two);
    expect(await one.outcome('c')).toBe('OUTBOX_FULL');
    expect(await two.outcome('d')).toBe('OUTBOX_FULL');
  });

  it('expire old events while disconnected, and in a later page', async () => {
    const tab = new DurableTab(browser, { maxAgeMs: 60_000 });
    const outcome = tab.outcome('a');
    await settle(tab);
    browser.clock.advance(60_001);
    await settle(tab);
    expect(await outcome).toBe('EXPIRED');
    expect(rows()).toEqual([]);

    void tab.outcome('b');
    await settle(tab);
    tab.disk.die();
    browser.clock.advance(60_001);
    const heir = new DurableTab(browser, { maxAgeMs: 60_000 });
    const settled: unknown[] = [];
    heir.outbox.onSettled(({ args }, { error }) => settled.push(args[0], error?.code, error?.maybeDelivered));
    await heir.connect();
    expect(heir.items()).toEqual([]);
    expect(settled).toEqual(['b', 'EXPIRED', true]);
    await settle(heir);
    expect(rows()).toEqual([]);
  });

  it('expire old events of a namespace that no page joins any more', async () => {
    const tab = new DurableTab(browser, { maxAgeMs: 60_000, maxEntries: 300 });
    const gone = tab.wire.manager.socket('/gone');
    for (let i = 0; i < 299; i++)
      void tab.outbox.emitWithAck(gone, 'order' as never, ...([`${i}`] as never[])).catch(() => {});
    await settle(tab);
    expect(rows()).toHaveLength(299);
    tab.disk.die();
    browser.clock.advance(60_001);
    const heir = new DurableTab(browser, { maxAgeMs: 60_000, maxEntries: 300 });
    const settled: unknown[] = [];
    heir.outbox.onSettled(({ namespace }, { error }) => settled.push(`${namespace} ${error?.code}`));
    void heir.emit('a');
    await heir.connect();
    browser.clock.advance(1_001);
    await settle(heir);
    expect(settled).toEqual(Array(299).fill('/gone EXPIRED'));
    browser.clock.advance(51);
    await settle(heir);
    expect(rows()).toHaveLength(1);
  });

  it.each([
    { name: '' },
    { name: 7 },
    { owner: '' },
    { owner: null },
    { owner: Number.NaN },
    { maxEntries: 0 },
    { maxBytes: Number.NaN },
    { maxAgeMs: '5' },
    { fallback: 'disk' },
  ])('and names are validated: %o', (options) => {
    expect(() => createOutbox({ name: 'app', owner: 'ann', ...options } as never, browser.tab())).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION' }),
    );
  });
});

describe('when the storage fails', () => {
  /** Lets time pass in small steps, so that each pause ends before the next begins. */
  const pass = async (tab: DurableTab, ms: number): Promise<void> => {
    for (let passedMs = 0; passedMs < ms; passedMs += 50) {
      browser.clock.advance(50);
      await settle(tab);
    }
  };
  const quota = { name: 'QuotaExceededError' };

  it('the emit fails if the disk is full', async () => {
    const tab = await connected();
    tab.disk.failing = { count: 1, error: quota };
    expect(await tab.outcome('a')).toBe('STORAGE_FULL');
    expect(tab.items()).toEqual([]);
    void tab.emit('b');
    await settle(tab);
    expect(tab.items()).toEqual(['b']);
  });

  it('other events written with it do not fail', async () => {
    const tab = await connected();
    tab.disk.refuses = ({ data }) => (data as unknown[])[1] === 'b';
    // The first is written by itself, the others together.
    const outcomes = Promise.all(['0', 'a', 'b', 'c'].map((item) => tab.outcome(item)));
    await settle(tab);
    await tab.answer(tab.asked());
    expect(await outcomes).toEqual(['0!', 'a!', 'STORAGE_UNAVAILABLE', 'c!']);

    tab.disk.refuses = undefined;
    const more = Promise.all(['0', 'a', 'b'].map((item) => tab.outcome(item)));
    await Promise.resolve();
    tab.disk.failing = { count: 1, mode: 'readwrite', error: quota };
    await settle(tab);
    await tab.answer(tab.asked());
    expect((await more).filter((outcome) => outcome === 'STORAGE_FULL').length).toBeLessThanOrEqual(1);
  });

  it.each([
    ['STORAGE_UNAVAILABLE', { throws: new TypeError('no indexedDB') }],
    ['STORAGE_UNAVAILABLE', { error: { name: 'UnknownError' } }],
    ['STORAGE_VERSION', { error: { name: 'VersionError' } }],
    ['STORAGE_BLOCKED', { blocked: true }],
    // Too full for an empty database.
    ['STORAGE_FULL', { full: true }],
  ])('the failure is reported as %s, and the outbox works when it is over', async (code, opening) => {
    const fresh = new DurableTab(browser);
    fresh.disk.opening = opening;
    const failed = fresh.outcome('a');
    await pass(fresh, 6_000);
    expect(await failed).toBe(code);
    expect(await fresh.outbox.pending().catch((error) => error.code)).toBe(code);
    fresh.disk.opening = {};
    fresh.disk.unblock();
    await settle(fresh);
    await fresh.connect();
    const outcome = fresh.outcome('b');
    await settle(fresh);
    await fresh.answer(fresh.asked());
    expect(await outcome).toBe('b!');
  });

  it('a database that does not open in time is reported', async () => {
    const tab = new DurableTab(browser);
    tab.disk.opening = { blocked: true };
    const open = vi.spyOn(tab.disk, 'open').mockReturnValue({} as never);
    const outcome = tab.outcome('a');
    await settle(tab);
    browser.clock.advance(10_001);
    expect(await outcome).toBe('STORAGE_UNAVAILABLE');
    expect(open).toHaveBeenCalledOnce();
  });

  it('events are kept in memory only if the program allows it, in order, and this is reported', async () => {
    const tab = new DurableTab(browser, { fallback: 'memory', maxEntries: 2 });
    tab.disk.opening = { throws: new TypeError('private mode') };
    const outcomes = [tab.outcome('a'), tab.outcome('b')];
    await settle(tab);
    expect(await tab.outcome('c')).toBe('OUTBOX_FULL');
    expect(tab.errors).toContain('STORAGE_UNAVAILABLE');
    expect(await tab.outbox.pending()).toMatchObject([{ stored: false }, { stored: false }]);
    await tab.connect();
    const asked = tab.asked();
    expect(asked.map(({ item }) => item)).toEqual(['a', 'b']);
    await tab.cut();
    await tab.connect();
    await tab.answer(tab.asked());
    expect(await Promise.all(outcomes)).toEqual(['a!', 'b!']);
    expect(await tab.outbox.pending()).toEqual([]);
  });

  it.each(['before', 'after'])(
    'events in memory keep their place among stored ones: emitted %s connecting',
    async (when) => {
      const tab = new DurableTab(browser, { fallback: 'memory' });
      if (when === 'after') await tab.connect();
      tab.disk.refuses = ({ data }) => `${(data as string[])[1]}`.startsWith('large');
      const outcomes = ['large 1', 'a', 'large 2', 'b', 'large 3', 'large 4', 'c'].map((item) =>
        tab.outcome(item),
      );
      await settle(tab);
      const items = (await tab.outbox.pending()).map(({ args }) => args[0]);
      const order = ['large 1', 'a', 'large 2', 'b', 'large 3', 'large 4', 'c'];
      expect(items).toEqual(order);
      if (when === 'before') await tab.connect();
      expect(tab.items()).toEqual(order);
      await tab.cut();
      await tab.connect();
      const asked = tab.asked();
      expect(asked.map(({ item }) => item)).toEqual(order);
      await tab.answer(asked);
      expect(await Promise.all(outcomes)).toEqual(order.map((item) => `${item}!`));
    },
  );

  it('an event in memory waits for stored ones that another tab sends, and not for a database that cannot be read', async () => {
    const [sender, tab] = [new DurableTab(browser), new DurableTab(browser, { fallback: 'memory' })];
    await sender.connect();
    await tab.connect();
    tab.disk.refuses = ({ data }) => (data as string[])[1] === 'large';
    void tab.emit('a');
    const outcome = tab.outcome('large');
    await settle(sender, tab);
    expect(tab.items()).toEqual([]);
    await sender.answer(sender.asked());
    await settle(sender, tab);
    const asked = tab.asked();
    expect(asked.map(({ item }) => item)).toEqual(['large']);
    await tab.answer(asked);
    expect(await outcome).toBe('large!');
    await sender.cut();
    await tab.cut();
    void tab.emit('b');
    const late = tab.outcome('large');
    await settle(sender, tab);
    tab.disk.failing = { count: 100, mode: 'readonly', error: { name: 'DataError' } };
    await tab.connect();
    const unordered = tab.asked();
    expect(unordered.map(({ item }) => item)).toEqual(['large']);
    await tab.answer(unordered);
    expect(await late).toBe('large!');
  });

  it('events in memory can be cancelled and cleared', async () => {
    const tab = new DurableTab(browser, { fallback: 'memory' });
    tab.disk.opening = { throws: new TypeError('private mode') };
    const outcomes = Promise.all([tab.outcome('a'), tab.outcome('b')]);
    await settle(tab);
    const [first] = await tab.outbox.pending();
    expect(await tab.outbox.cancel(`${first?.id}`)).toBe(true);
    await tab.outbox.clear();
    expect(await outcomes).toEqual(['CLEARED', 'CLEARED']);
    await tab.connect();
    expect(tab.items()).toEqual([]);
  });

  it('the wait for evicted records ends', async () => {
    const tab = new DurableTab(browser);
    const outcome = tab.outcome('a');
    await settle(tab);
    browser.evict();
    await settle(tab);
    browser.clock.advance(1_001);
    await settle(tab);
    expect(await outcome).toBe('STORAGE_EVICTED, maybe');
    await tab.connect();
    void tab.emit('b');
    await settle(tab);
    expect(tab.items()).toEqual(['b']);
  });

  it.each([false, true])(
    'an event is rewritten that was being written when the storage was cleared, at any moment; without an abort: %s',
    async (forgetful) => {
      for (let turns = 0; turns < 30; turns++) {
        browser = new SimulatedBrowser();
        const tab = new DurableTab(browser);
        tab.disk.forgetful = forgetful;
        const outcome = tab.outcome('a');
        for (let i = 0; i < turns; i++) await Promise.resolve();
        const wasStored = rows().length > 0;
        browser.clock.advance(1);
        browser.evict();
        await settle(tab);
        browser.clock.advance(1_001);
        await settle(tab);
        if (rows().length === 0)
          expect([turns, wasStored, await outcome]).toEqual([turns, true, 'STORAGE_EVICTED, maybe']);
        else {
          await tab.connect();
          await tab.answer(tab.asked());
          expect(await outcome).toBe('a!');
        }
        expect(tab.errors).toEqual([]);
      }
    },
  );

  it('an event is rewritten if the storage is cleared twice', async () => {
    const tab = await connected();
    await tab.answer(tab.asked());
    const outcome = tab.outcome('a');
    for (let i = 0; i < 2; i++) {
      await Promise.resolve();
      browser.clock.advance(1);
      browser.evict();
      await Promise.resolve();
    }
    await settle(tab);
    await tab.answer(tab.asked());
    expect(await outcome).toBe('a!');
  });

  const refused = { name: 'AbortError', message: 'The connection was closed.' };

  it('events are written as soon as the browser has cleared the storage, even if that takes seconds', async () => {
    for (const times of [1, 3, 8, 12]) {
      browser = new SimulatedBrowser();
      const tab = new DurableTab(browser);
      tab.disk.opening = { error: refused, times };
      const outcomes = Promise.all(['a', 'b', 'c'].map((item) => tab.outcome(item)));
      await pass(tab, times > 3 ? 5_000 : 50);
      expect(rows()).toHaveLength(3);
      // It waits longer each time: no busy loop.
      expect(tab.disk.opened).toBe(times + 1);
      await tab.connect();
      await tab.answer(tab.asked());
      expect(await outcomes).toEqual(['a!', 'b!', 'c!']);
    }
  });

  it('an emit fails after some seconds if every request for a database is refused, however many wait', async () => {
    const tab = new DurableTab(browser);
    tab.disk.opening = { error: refused };
    const items = Array.from({ length: 40 }, (_, n) => `${n}`);
    const outcomes = Promise.all(items.map((item) => tab.outcome(item)));
    await pass(tab, 4_500);
    expect(await Promise.race([outcomes, 'waiting'])).toBe('waiting');
    await pass(tab, 2_000);
    expect(new Set(await outcomes)).toEqual(new Set(['STORAGE_UNAVAILABLE']));
    // At once, until a database opens.
    expect(await tab.outcome('late')).toBe('STORAGE_UNAVAILABLE');
    tab.disk.opening = {};
    void tab.emit('next');
    await settle(tab);
    expect(rows()).toHaveLength(1);
  });

  const broken = { name: 'UnknownError', message: 'the disk does not answer' };

  it('a database that cannot be read is not read in a busy loop, and works when it can be read again', async () => {
    const tab = await connected();
    const first = tab.outcome('a');
    await settle(tab);
    const inFlight = tab.asked();
    const transactions = vi.spyOn(tab.disk, 'failure');
    tab.disk.failing = { count: 1_000, mode: 'readonly', error: broken };
    const second = tab.outcome('b');
    await pass(tab, 20_000);
    expect(transactions.mock.calls.length).toBeLessThan(100);
    expect(tab.errors.length).toBeLessThan(5);
    tab.disk.failing = { count: 0 };
    const third = tab.outcome('c');
    await pass(tab, 5_000);
    await tab.answer([...inFlight, ...tab.asked()]);
    expect(await Promise.all([first, second, third])).toEqual(['a!', 'b!', 'c!']);
  });

  it('waits for evicted records end, even if the database could not be opened when this was noticed', async () => {
    const tab = new DurableTab(browser);
    const outcome = tab.outcome('a');
    await settle(tab);
    browser.evict();
    tab.disk.opening = { error: refused };
    await pass(tab, 8_000);
    tab.disk.opening = {};
    void tab.emit('b');
    await pass(tab, 2_000);
    expect(await Promise.race([outcome, 'waiting'])).toBe('STORAGE_EVICTED, maybe');
  });

  it('emits fail together if the database can be read, but not written', async () => {
    const tab = await connected();
    void tab.emit('a');
    await settle(tab);
    tab.disk.failing = { count: Number.POSITIVE_INFINITY, mode: 'readwrite', error: broken };
    const outcomes = Promise.all(['b', 'c', 'd', 'e'].map((item) => tab.outcome(item)));
    await pass(tab, 4_500);
    expect(await Promise.race([outcomes, 'waiting'])).toBe('waiting');
    await pass(tab, 2_500);
    expect(new Set(await Promise.race([outcomes, ['waiting']]))).toEqual(new Set(['STORAGE_UNAVAILABLE']));
    await pass(tab, 5_000);
    expect(await tab.outcome('late')).toBe('STORAGE_UNAVAILABLE');
  });

  it('events in memory keep their place if the disk works again while their batch is written one by one', async () => {
    const tab = new DurableTab(browser, { fallback: 'memory' });
    await tab.connect();
    // The first is written by itself, the others together.
    const order = ['0', 'a', 'b', 'c', 'd'];
    let writes = 0;
    vi.spyOn(tab.disk, 'failure').mockImplementation((mode) => {
      if (mode !== 'readwrite') return undefined;
      writes++;
      // The fifth write is that of `c`; `d` is written after several attempts, while others may read.
      if (writes < 5) return { name: 'DataError' };
      return writes > 5 && writes < 18 ? broken : undefined;
    });
    const outcomes = order.map((item) => tab.outcome(item));
    await pass(tab, 12_000);
    const asked = tab.asked();
    expect(asked.map(({ item }) => item)).toEqual(order);
    await tab.answer(asked);
    expect(await Promise.all(outcomes)).toEqual(order.map((item) => `${item}!`));
    expect(tab.errors).toEqual(['STORAGE_UNAVAILABLE']);
  });

  it('nothing is written after everything was cleared, also of a batch that is written one by one', async () => {
    const tab = new DurableTab(browser);
    let writes = 0;
    let cleared: Promise<void> | undefined;
    vi.spyOn(tab.disk, 'failure').mockImplementation((mode) => {
      if (mode !== 'readwrite') return undefined;
      writes++;
      if (writes === 3) cleared = tab.outbox.clear();
      // The first is written by itself, the others together.
      return writes === 2 ? { name: 'DataError' } : undefined;
    });
    const outcomes = Promise.all(['0', 'a', 'b', 'c', 'd'].map((item) => tab.outcome(item)));
    await settle(tab);
    await cleared;
    await settle(tab);
    expect(rows()).toEqual([]);
    expect(new Set(await outcomes)).toEqual(new Set(['CLEARED']));
  });

  it('an emit fails at once if the page may have no database', async () => {
    const tab = new DurableTab(browser);
    // Private windows of older Firefox.
    tab.disk.opening = { error: { name: 'InvalidStateError' } };
    expect(await tab.outcome('a')).toBe('STORAGE_UNAVAILABLE');
    expect(tab.disk.opened).toBe(1);
  });

  it.each([
    'Connection is closing because of: Force close delete origin',
    'Database deleted by request of the user',
  ])('an event is written again after the error "%s"', async (message) => {
    const tab = await connected();
    tab.disk.failing = { count: 2, mode: 'readwrite', error: { name: 'UnknownError', message } };
    const outcome = tab.outcome('a');
    await settle(tab);
    await tab.answer(tab.asked());
    expect(await outcome).toBe('a!');
  });

  it('the new database is kept when the old one reports late that it was closed', async () => {
    const tab = new DurableTab(browser);
    void tab.emit('a').catch(() => {});
    await settle(tab);
    const [old] = browser.databases.get(DATABASE)?.open ?? [];
    const late = old?.onclose;
    if (old) old.onclose = null;
    browser.clock.advance(1);
    browser.evict();
    const open = vi.spyOn(tab.disk, 'open');
    void tab.emit('b');
    await settle(tab);
    late?.();
    await settle(tab);
    void tab.emit('c');
    await settle(tab);
    expect(open).toHaveBeenCalledOnce();
    expect(rows()).toHaveLength(2);
  });

  it('events written after the storage was cleared are sent over the open connection', async () => {
    const tab = await connected();
    const first = Promise.all(['a', 'b', 'c'].map((item) => tab.outcome(item)));
    await settle(tab);
    await tab.answer(tab.asked());
    expect(await first).toEqual(['a!', 'b!', 'c!']);
    browser.clock.advance(1);
    browser.evict();
    await settle(tab);
    const outcome = tab.outcome('d');
    await settle(tab);
    await tab.answer(tab.asked());
    expect(await outcome).toBe('d!');
  });

  it('the database is requested again, and used when it opens', async () => {
    const tab = new DurableTab(browser);
    const requests: { onsuccess?: () => void; result?: unknown }[] = [];
    const open = vi.spyOn(tab.disk, 'open').mockImplementation(() => {
      requests.push({});
      return requests[requests.length - 1] as never;
    });
    const outcome = tab.outcome('a');
    await settle(tab);
    browser.clock.advance(10_001);
    expect(await outcome).toBe('STORAGE_UNAVAILABLE');
    // At once, and without another request.
    expect(await tab.outcome('b')).toBe('STORAGE_UNAVAILABLE');
    expect(open).toHaveBeenCalledOnce();
    browser.clock.advance(5_001);
    open.mockRestore();
    void tab.emit('c');
    await settle(tab);
    expect(rows()).toHaveLength(1);
    // The first one opens after all: there is a connection already.
    const close = vi.fn();
    const [first] = requests;
    if (first) first.result = { close };
    first?.onsuccess?.();
    expect(close).toHaveBeenCalledOnce();
  });

  it('no other record is removed in place of an evicted one', async () => {
    const tab = await connected();
    const outcome = tab.outcome('a');
    await settle(tab);
    const asked = tab.asked();
    browser.clock.advance(1);
    browser.evict();
    const other = new DurableTab(browser);
    void other.emit('b');
    await settle(tab, other);
    await tab.answer(asked);
    expect(await outcome).toBe('a!');
    expect(rows()).toMatchObject([{ data: ['order', 'b'] }]);
  });

  it.each([{ unreadable: true }, { data: 'junk' }, { key: 7 }, { atMs: undefined }])(
    'a record that is %o is skipped, reported and removed',
    async (damage) => {
      const first = new DurableTab(browser);
      for (const item of ['a', 'b', 'c']) void first.emit(item);
      await settle(first);
      first.disk.die();
      const [, second] = rows();
      Object.assign(second as object, damage);
      const tab = await connected();
      expect(tab.items()).toEqual(['a', 'c']);
      expect(tab.errors).toEqual(['STORAGE_CORRUPT']);
      await settle(tab);
      expect(rows()).toHaveLength(2);
      expect(await tab.outbox.pending()).toHaveLength(2);
    },
  );

  it('reading and removing are retried', async () => {
    // Without the other namespace, which reads as well.
    const tab = new DurableTab(browser, {}, { alone: true });
    const outcome = tab.outcome('a');
    await settle(tab);
    tab.disk.failing = { count: 2, mode: 'readonly' };
    await tab.connect();
    expect(tab.items()).toEqual([]);
    expect(tab.errors).toEqual(['STORAGE_UNAVAILABLE']);
    browser.clock.advance(5_001);
    await settle(tab);
    tab.disk.failing = { count: 1, mode: 'readwrite' };
    await tab.answer(tab.asked());
    expect(await outcome).toBe('a!');
    expect(rows()).toHaveLength(1);
    await tab.cut();
    await tab.connect();
    expect(tab.items()).toEqual([]);
    browser.clock.advance(5_001);
    await settle(tab);
    expect(rows()).toEqual([]);
  });

  it('the outbox closes its database for a newer version', async () => {
    const tab = new DurableTab(browser);
    const outcome = tab.outcome('a');
    await settle(tab);
    const database = browser.databases.get(DATABASE);
    const [connection] = database?.open ?? [];
    connection?.onversionchange?.({});
    expect(database?.open.size).toBe(0);
    if (database) database.version = 2;
    expect(await tab.outcome('b')).toBe('STORAGE_VERSION');
    if (database) database.version = 1;
    await tab.connect();
    await tab.answer(tab.asked());
    expect(await outcome).toBe('a!');
  });

  it('the database is closed in the back/forward cache, and reopened when the page returns', async () => {
    const tab = await connected();
    const outcomes = Promise.all([tab.outcome('a'), tab.outcome('b')]);
    await Promise.resolve();
    tab.disk.stored();
    await settle(tab);
    await tab.answer(tab.asked());
    await settle(tab);
    await tab.answer(tab.asked());
    expect(await outcomes).toEqual(['a!', 'b!']);
  });

  it('the browser is asked for persistent storage if the program wants it', () => {
    const tab = new DurableTab(browser, { persist: true });
    expect(tab.disk.persisted).toBe(1);
    expect(new DurableTab(browser).disk.persisted).toBe(0);
  });
});

describe('a contract', () => {
  const text = (later: boolean) => ({
    '~standard': {
      version: 1 as const,
      vendor: 'test',
      validate(value: unknown) {
        const result = typeof value === 'string' ? { value } : { issues: [{ message: 'no text' }] };
        return later ? Promise.resolve(result) : result;
      },
    },
  });

  describe.each([false, true])('with asynchronous schemas: %s', (later) => {
    it.each(['before', 'behind'])(
      'and placed %s the outbox checks the event and its answer',
      async (place) => {
        const rules = contract({ toServer: { order: { args: [text(later)], ack: text(later) } } });
        const tab = new DurableTab(browser, {}, {}, (outbox) =>
          place === 'before' ? [rules, outbox] : [outbox, rules],
        );
        await tab.connect();
        expect(await tab.outcome(7)).toBe('INVALID');
        expect(rows()).toEqual([]);
        const outcomes = ['a', 'b'].map((item) => tab.outcome(item));
        await settle(tab);
        expect(rows()).toHaveLength(2);
        const [a, b] = tab.asked();
        tab.wire.receive(`3${a?.id}["fine"]`, `3${b?.id}[7]`);
        await settle(tab);
        expect(await Promise.all(outcomes)).toEqual(['fine', 'INVALID']);
        await settle(tab);
        expect(rows()).toEqual([]);
      },
    );
  });
});

describe('several tabs', () => {
  it('write, and one sends; the others get their answers', async () => {
    const [one, two] = [await connected(), await connected()];
    const outcomes = [one.emit('a'), two.emit('b')];
    await settle(one, two);
    const settled = vi.fn();
    one.outbox.onSettled(settled);
    expect(two.items()).toEqual([]);
    await one.answer(one.asked());
    expect(await Promise.all(outcomes)).toEqual(['a!', 'b!']);
    await settle(one, two);
    expect(rows()).toEqual([]);
    expect(settled).not.toHaveBeenCalled();
  });

  it('replace the one that dies while sending', async () => {
    const [one, two] = [await connected(), await connected()];
    const outcome = two.emit('b');
    await settle(one, two);
    expect(one.items()).toEqual(['b']);
    one.disk.die();
    await settle(two);
    await two.answer(two.asked());
    expect(await outcome).toBe('b!');
  });

  it('replace the one that loses its connection', async () => {
    const [one, two] = [await connected(), await connected()];
    const outcome = one.emit('a');
    await settle(one, two);
    expect(one.items()).toEqual(['a']);
    await one.cut();
    await settle(two);
    await two.answer(two.asked());
    expect(await outcome).toBe('a!');
    await one.connect();
    expect(one.items()).toEqual([]);
  });

  it('that share one connection leave sending to the tab that holds it', async () => {
    const role = (tab: DurableTab, role: string): void => {
      Object.defineProperty(tab.wire.manager, 'sharing', { value: { role }, configurable: true });
      tab.wire.manager._dispatch('sharing' as never, ...([{ role }] as never[]));
    };
    const tabs = [new DurableTab(browser), new DurableTab(browser)] as const;
    const [one, two] = tabs;
    role(one, 'follower');
    role(two, 'leader');
    await one.connect();
    await two.connect();
    const outcomes = [one.outcome('a')];
    await settle(...tabs);
    expect(one.items()).toEqual([]);
    const first = two.asked();
    expect(first.map(({ item }) => item)).toEqual(['a']);

    // The lead changes: what is in flight is answered first.
    role(two, 'follower');
    role(one, 'leader');
    outcomes.push(two.outcome('b'));
    await settle(...tabs);
    expect([...one.items(), ...two.items()]).toEqual([]);
    await two.answer(first);
    browser.clock.advance(251);
    await settle(...tabs);
    expect(two.items()).toEqual([]);
    const second = one.asked();
    expect(second.map(({ item }) => item)).toEqual(['b']);
    await one.answer(second);
    expect(await Promise.all(outcomes)).toEqual(['a!', 'b!']);

    // The one that leads has no such outbox.
    one.disk.die();
    void two.emit('c');
    await settle(two);
    expect(two.items()).toEqual([]);
    browser.clock.advance(1_001);
    await settle(two);
    expect(two.items()).toEqual(['c']);
  });

  it('find events of a tab that died before it could announce them', async () => {
    const one = await connected();
    const two = new DurableTab(browser);
    const channel = vi.spyOn(two.disk, 'channel').mockReturnValue(() => {});
    void two.emit('b');
    await settle(one, two);
    two.disk.die();
    channel.mockRestore();
    browser.clock.advance(5_001);
    await settle(one);
    expect(one.items()).toContain('b');
  });

  it("send each other's events in the order of the writes", async () => {
    const [one, two] = [await connected(), await connected()];
    for (let i = 0; i < 5; i++) {
      void (i % 2 ? one : two).emit(`${i}`);
      await settle(one, two);
    }
    expect(one.items()).toEqual(['0', '1', '2', '3', '4']);
  });

  it('are notified again when the first notification is lost', async () => {
    const [one, two] = [await connected(), await connected()];
    const outcome = two.emit('b');
    await settle(one, two);
    const asked = one.asked();
    browser.tabs.delete(two.disk);
    await one.answer(asked);
    browser.tabs.add(two.disk);
    expect(rows()).toHaveLength(1);
    browser.clock.advance(1_001);
    await settle(one, two);
    expect(await outcome).toBe('b!');
    await settle(one, two);
    expect(rows()).toEqual([]);
  });
});

describe('a program', () => {
  it('can list the stored events', async () => {
    const tab = new DurableTab(browser);
    void tab.emit('a');
    await settle(tab);
    expect(await tab.outbox.pending()).toEqual([
      {
        id: expect.any(String),
        namespace: '/',
        event: 'order',
        args: ['a'],
        idempotencyKey: expect.any(String),
        sinceMs: tab.disk.dateMs(),
        bytes: '2["order","a"]'.length,
        tries: 0,
        stored: true,
      },
    ]);
  });

  it.each(['this tab', 'another tab'])('can cancel an event of %s', async (whose) => {
    const [one, two] = [await connected(), new DurableTab(browser)];
    const outcome = (whose === 'this tab' ? two : one).outcome('a');
    await settle(one, two);
    const [entry] = await two.outbox.pending();
    expect(await two.outbox.cancel(`${entry?.id}`)).toBe(true);
    expect(await two.outbox.cancel(`${entry?.id}`)).toBe(false);
    await settle(one, two);
    expect(await outcome).toMatch(/^CLEARED/);
    expect(rows()).toEqual([]);
    await one.answer(one.asked());
    expect(rows()).toEqual([]);
    await one.cut();
    await one.connect();
    expect(one.items()).toEqual([]);
  });

  it('learns that a cancelled event may have reached the server if another tab may have sent it', async () => {
    const [one, two] = [await connected(), await connected()];
    const outcome = two.outcome('a');
    await settle(one, two);
    expect(one.items()).toEqual(['a']);
    const [entry] = await two.outbox.pending();
    await two.outbox.cancel(`${entry?.id}`);
    expect(await outcome).toBe('CLEARED, maybe');
  });

  it('can cancel an event in another tab, which then does not send it', async () => {
    const [one, two] = [await connected(), await connected()];
    const items = Array.from({ length: 70 }, (_, i) => `${i}`);
    const outcomes = items.map((item) => two.outcome(item));
    await settle(one, two);
    const asked = one.asked();
    expect(asked).toHaveLength(64);
    const last = (await two.outbox.pending())[69];
    expect(await two.outbox.cancel(`${last?.id}`)).toBe(true);
    await settle(one, two);
    await one.answer(asked);
    await settle(one, two);
    expect(one.items()).toEqual(items.slice(64, 69));
    expect(await outcomes[69]).toMatch(/^CLEARED/);
  });

  it('can cancel an event while it is written, and it is removed before the call resolves', async () => {
    for (let turns = 0; turns < 30; turns++) {
      browser = new SimulatedBrowser();
      const tab = new DurableTab(browser);
      const outcome = tab.outcome('a');
      for (let i = 0; i < turns; i++) await Promise.resolve();
      let cancelled: boolean | undefined;
      void tab.outbox.cancel('id-2').then((was) => {
        cancelled = was;
        expect(rows()).toEqual([]);
      });
      await settle(tab);
      expect([turns, cancelled, await outcome]).toEqual([turns, true, 'CLEARED']);
      expect([...rows(), ...totals()]).toEqual([]);
    }
  });

  it('is not told that an event was cancelled if it cannot be removed', async () => {
    const tab = new DurableTab(browser);
    const outcome = tab.outcome('a');
    await settle(tab);
    tab.disk.failing = { count: 1, mode: 'readwrite' };
    expect(await tab.outbox.cancel('id-2').catch(({ code }) => code)).toBe('STORAGE_UNAVAILABLE');
    await tab.connect();
    await tab.answer(tab.asked());
    expect(await outcome).toBe('a!');
    expect(await tab.outbox.cancel('id-2')).toBe(false);
  });

  it('can continue after clear() has failed', async () => {
    const tab = await connected();
    const outcome = tab.outcome('a');
    await settle(tab);
    tab.disk.failing = { count: 1, mode: 'readwrite' };
    expect(await tab.outbox.clear().catch(({ code }) => code)).toBe('STORAGE_UNAVAILABLE');
    await tab.answer(tab.asked());
    expect(await outcome).toBe('a!');
  });

  it('keeps later emits when it calls clear, also in another tab', async () => {
    const [one, two] = [await connected(), await connected()];
    const before = [one.outcome('a'), two.outcome('b')];
    await settle(one, two);
    const clearing = one.outbox.clear();
    const after = [one.outcome('c'), two.outcome('d')];
    await clearing;
    await settle(one, two);
    expect(await Promise.all(before)).toEqual(['CLEARED, maybe', 'CLEARED, maybe']);
    await one.answer(one.asked().filter(({ item }) => item === 'c' || item === 'd'));
    expect(await Promise.all(after)).toEqual(['c!', 'd!']);
  });

  it('can cancel an event that is not written yet', async () => {
    const tab = await connected();
    const outcomes = [tab.outcome('a'), tab.outcome('b')];
    expect(await tab.outbox.cancel('id-3')).toBe(true);
    expect(await tab.outbox.cancel('nobody')).toBe(false);
    await settle(tab);
    expect(tab.items()).toHaveLength(1);
    await tab.answer([]);
    expect(rows()).toHaveLength(1);
    void outcomes;
  });

  it('can clear everything of the owner, in every tab', async () => {
    const [one, two] = [await connected(), await connected()];
    const outcomes = Promise.all([one.outcome('a'), two.outcome('b'), two.outcome('c')]);
    await settle(one, two);
    const asked = one.asked();
    await two.outbox.clear();
    await settle(one, two);
    expect(await outcomes).toEqual([
      'CLEARED, maybe',
      expect.stringMatching(/^CLEARED/),
      expect.stringMatching(/^CLEARED/),
    ]);
    expect([...rows(), ...totals()]).toEqual([]);
    await one.answer(asked);
    await one.cut();
    await one.connect();
    expect(one.items()).toEqual([]);
  });

  it('can clear an event while it is read, which is then not sent', async () => {
    const tab = new DurableTab(browser);
    void tab.emit('a').catch(() => {});
    await settle(tab);
    tab.disk.die();
    const heir = new DurableTab(browser);
    heir.wire.linkUp();
    heir.wire.accept();
    await heir.outbox.clear();
    await settle(heir);
    expect(heir.items()).toEqual([]);
  });

  it('may throw in a listener without harm', async () => {
    const first = await connected();
    for (const item of ['a', 'b']) void first.emit(item);
    await settle(first);
    first.disk.die();
    const second = new DurableTab(browser);
    const uncaught: unknown[] = [];
    const hear = (error: unknown): void => void uncaught.push(`${error}`);
    process.on('uncaughtException', hear);
    const told: unknown[] = [];
    const fail = (what: string) => (): never => {
      throw new Error(what);
    };
    second.outbox.onRestored(fail('restored'));
    second.outbox.onSettled(fail('settled'));
    second.outbox.onSettled(({ args }) => told.push(args[0]));
    second.outbox.onRestored((entries) => told.push(entries.length));
    await second.connect();
    await second.answer(second.asked());
    await settle(second);
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('uncaughtException', hear);
    expect(told).toEqual([2, 'a', 'b']);
    expect(rows()).toEqual([]);
    expect(uncaught).toEqual(['Error: restored', 'Error: settled', 'Error: settled']);
  });

  it('may use a second outbox on the same socket', async () => {
    const disk = browser.tab();
    const other = createOutbox({ name: 'other', owner: 'ann' }, disk);
    const tab = new DurableTab(browser, {}, {}, (outbox) => [outbox, other]);
    const outcomes = [
      tab.outcome('a'),
      other.emitWithAck(tab.socket, 'order' as never, ...(['b'] as never[])) as Promise<unknown>,
    ];
    await settle(tab);
    expect(await tab.outbox.pending()).toMatchObject([{ args: ['a'] }]);
    expect(await other.pending()).toMatchObject([{ args: ['b'] }]);
    await tab.connect();
    const asked = tab.asked();
    expect(asked.map(({ item }) => item).sort()).toEqual(['a', 'b']);
    await tab.answer(asked);
    expect(await Promise.all(outcomes)).toEqual(['a!', 'b!']);
  });

  it('may use two sockets: one sends, and the other takes over when the first is gone', async () => {
    const tab = await connected();
    const { socket, wire } = idleSocket({ plugins: [tab.outbox] });
    const asked = () => wire.sent().filter((text) => text.includes('"order"'));
    socket.connect();
    wire.linkUp();
    wire.accept();
    const outcomes = [
      tab.outcome('a'),
      tab.outbox.emitWithAck(socket, 'order' as never, ...(['b'] as never[])),
    ];
    await settle(tab);
    wire.clock.settle();
    expect(asked()).toEqual([]);
    expect(tab.items()).toEqual(['a', 'b']);
    await tab.cut();
    await settle(tab);
    const sent = asked();
    expect(sent).toHaveLength(2);
    for (const text of sent) wire.receive(`3${/\d+/.exec(text.slice(1))}["fine"]`);
    expect(await Promise.all(outcomes)).toEqual(['fine', 'fine']);
  });

  it('has its events kept while the server refuses the socket', async () => {
    const tab = new DurableTab(browser);
    const outcome = tab.outcome('a');
    tab.wire.linkUp();
    tab.wire.receive('4{"message":"no"}');
    await settle(tab);
    expect(tab.socket.active).toBe(false);
    expect(await tab.outbox.pending()).toHaveLength(1);
    tab.socket.connect();
    tab.wire.accept();
    await settle(tab);
    await tab.answer(tab.asked());
    expect(await outcome).toBe('a!');
  });

  it('can stop listening', async () => {
    const tab = await connected();
    const heard = vi.fn();
    for (const stop of [tab.outbox.onError(heard), tab.outbox.onSettled(heard), tab.outbox.onRestored(heard)])
      stop();
    tab.disk.failing = { count: 1, mode: 'readwrite' };
    await tab.outcome('a');
    expect(heard).not.toHaveBeenCalled();
  });
});
