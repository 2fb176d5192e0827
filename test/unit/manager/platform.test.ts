import { afterEach, describe, expect, it, vi } from 'vitest';
import { Manager } from '../../../src/io.js';
import type { Options, PlatformSignal, PlatformSignals } from '../../../src/platform/options.js';
import { FakeNetwork, settled } from '../../support/fake-transports.js';
import { useReportError } from '../../support/report-error.js';

/** The options `signals` and `store`, on the system's own clock. */

const KEY = 'holdfast:http://host.test:3000/socket.io';
let managers: Manager[] = [];
const network = new FakeNetwork();

afterEach(async () => {
  for (const manager of managers.splice(0)) manager.reconnection(false).engine?.close();
  network.made.length = 0;
  await settled();
});

function make(options: Options): Manager {
  const manager = new Manager('http://host.test:3000', {
    transports: [network.transport('websocket'), network.transport('polling')],
    reconnectionDelay: 600_000,
    reconnectionDelayMax: 600_000,
    upgrade: false,
    ...options,
  });
  managers = [...managers, manager];
  return manager;
}

class Signals implements PlatformSignals {
  online: boolean | undefined;
  readonly #tells = new Set<(signal: PlatformSignal) => void>();

  watch(tell: (signal: PlatformSignal) => void): () => void {
    this.#tells.add(tell);
    return () => void this.#tells.delete(tell);
  }

  get watched(): number {
    return this.#tells.size;
  }

  tell(signal: PlatformSignal): void {
    for (const tell of [...this.#tells]) tell(signal);
  }
}

it('signals are watched while a connection is wanted', async () => {
  const signals = new Signals();
  const manager = make({ signals });
  await settled();
  expect(signals.watched).toBe(1);
  manager._close();
  expect(signals.watched).toBe(0);
});

it.each(['online', 'visible', 'resumed'] as const)(
  'a lost connection is retried soon after %s',
  async (signal) => {
    const signals = new Signals();
    const manager = make({ signals });
    await settled();
    network.last.shakes();
    network.last.closes();
    expect(manager.retryInMs).toBeGreaterThan(1_000);
    signals.tell(signal);
    expect(manager.retryInMs).toBeLessThan(1_000);
  },
);

it.each(['online', 'visible', 'resumed', 'offline'] as const)(
  'an open connection is probed at %s',
  async (signal) => {
    const signals = new Signals();
    make({ signals });
    await settled();
    network.last.shakes();
    await settled();
    network.last.written.length = 0;
    signals.tell(signal);
    await settled();
    expect(network.last.written).toEqual([expect.stringMatching(/^message:0\/holdfast-probe/)]);
  },
);

it('an app in the background is not disturbed', async () => {
  const signals = new Signals();
  const manager = make({ signals });
  await settled();
  network.last.shakes();
  await settled();
  network.last.written.length = 0;
  signals.tell('hidden');
  await settled();
  expect([manager.status, network.last.written]).toEqual(['connected', []]);
});

it.each([
  [false, 'offline'],
  [true, 'reconnecting'],
  [undefined, 'reconnecting'],
])('if `online` is %s, a lost connection is %s', async (online, status) => {
  const signals = new Signals();
  signals.online = online;
  const manager = make({ signals });
  await settled();
  network.last.shakes();
  network.last.closes();
  expect(manager.status).toBe(status);
});

it('the store is written and read', async () => {
  const store = new Map<string, string>();
  make({ store });
  await settled();
  network.last.fails();
  await settled();
  network.last.shakes();
  expect(JSON.parse(store.get(KEY) as string)).toMatchObject({ websocket: [true, expect.any(Number)] });

  // In the library's own list, polling is now the first.
  const names: string[] = [];
  const manager = make({ store, transports: undefined });
  manager.on('attempt', ({ transport }) => names.push(transport));
  await settled();
  expect(names[0]).toBe('polling');
  manager._close();
});

const refuses = vi.fn(() => {
  throw new Error('not now');
});

describe('signals that', () => {
  const reported = useReportError();
  const nothing = (): void => {};

  it.each<[how: string, watch: PlatformSignals['watch'], told: number]>([
    ['throw', refuses, 1],
    ['return nothing', nothing as never, 1],
    ['return an object, as AppState does', () => ({ remove: nothing }) as never, 1],
    ['return a promise', (async () => nothing) as never, 1],
    ['throw when they are ended', () => refuses, 1],
    ['are never released', () => nothing, 0],
    [
      'tell nonsense',
      (tell) => {
        for (const nonsense of ['x', undefined, {}]) tell(nonsense as never);
        return nothing;
      },
      0,
    ],
    [
      'tell at once, and twice',
      (tell) => {
        for (const signal of ['online', 'visible', 'offline', 'online', 'online'] as const) tell(signal);
        return nothing;
      },
      0,
    ],
  ])('%s do not affect the connection', async (_how, watch, told) => {
    const manager = make({ signals: { watch } });
    const reasons: string[] = [];
    manager.on('close', (reason) => reasons.push(reason));
    for (const round of [1, 2]) {
      manager.open();
      await settled();
      network.last.shakes();
      expect(manager.status).toBe('connected');
      network.last.closes();
      expect(manager.status).toBe('reconnecting');
      manager._close();
      expect([manager.status, reasons.length]).toEqual(['closed', 2 * round]);
      expect(reported.mock.calls.length).toBeLessThanOrEqual(2 * told * round);
      expect(reported.mock.calls.length).toBeGreaterThanOrEqual(told * round);
    }
  });

  it('cannot report the network do not prevent retries', async () => {
    const signals = {
      watch: () => nothing,
      get online(): boolean {
        throw new Error('not now');
      },
    };
    const manager = make({ signals });
    await settled();
    network.last.shakes();
    network.last.closes();
    expect(manager.status).toBe('reconnecting');
  });
});

it.each<[string, { get(key: string): never; set(key: string, value: string): unknown }]>([
  ['throws', { get: refuses, set: refuses }],
  [
    'answers with something else',
    { get: () => Promise.resolve('{}') as never, set: () => Promise.resolve() },
  ],
  ['rejects', { get: () => '{}' as never, set: () => Promise.reject(new Error('no storage')) }],
  ['answers with a text that is no JSON', { get: () => '\u0000[' as never, set: () => 5 }],
  ['answers with what is nested and long', { get: () => '['.repeat(5e6) as never, set: () => [] }],
])('a store that %s does no harm', async (_how, store) => {
  const manager = make({ store });
  await settled();
  network.last.shakes();
  expect(manager.status).toBe('connected');
});
