import { Socket as OfficialEngine } from 'engine.io-client';
import { describe, expect, it } from 'vitest';
import { upgrade } from '../../../src/plugins/upgrade.js';
import { useManagers } from '../../support/fake-managers.js';
import { FakeNetwork, type FakeTransport, settled } from '../../support/fake-transports.js';

/** The events of `socket.io.engine`, beside those of the official client's engine over the same transports. */

const fake = useManagers();

const EVENTS = [
  ...['open', 'handshake', 'packet', 'packetCreate', 'data', 'message', 'drain', 'flush', 'heartbeat'],
  ...['ping', 'pong', 'upgrading', 'upgrade', 'upgradeError', 'error', 'close'],
];

/** The members that both engines have. */
interface Engine {
  readonly id: string | null | undefined;
  readonly readyState: string;
  readonly transport: { readonly name: string };
  on(event: string, listener: (...args: never[]) => void): unknown;
  write(data: string): unknown;
  close(): unknown;
}

interface Played {
  readonly engine: Engine;
  readonly network: FakeNetwork;
}

/** Each event with its arguments, and the state of the engine at that time. */
function record(engine: Engine): string[] {
  const seen: string[] = [];
  for (const event of EVENTS) {
    engine.on(event, (...args: unknown[]) => {
      const told = args.map((arg) => {
        if (arg instanceof Error) return `error ${arg.message}`;
        const { type, data, name, sid } = (arg ?? {}) as Record<string, unknown>;
        if (type) return `${type}${type === 'open' ? '' : ` ${data ?? ''}`}`.trim();
        return name ?? sid ?? (typeof arg === 'object' ? 'details' : arg);
      });
      seen.push([event, ...told].join(' '));
    });
  }
  return seen;
}

type Names = readonly string[];

async function official(names: Names): Promise<Played> {
  const network = new FakeNetwork();
  const transports = names.map((name) => network.transport(name)) as never;
  const engine = new OfficialEngine('http://host.test:3000', { transports });
  return { engine: engine as unknown as Engine, network };
}

async function ours(names: Names): Promise<Played> {
  const manager = fake.make({ ...fake.over(...names), plugins: [upgrade()], verify: false });
  return { engine: manager.engine as unknown as Engine, network: fake.network };
}

/** Runs the same steps on both sides, and returns the events of each engine. */
async function both(names: Names, play: (played: Played) => Promise<void>): Promise<[string[], string[]]> {
  const told: string[][] = [];
  for (const make of [official, ours]) {
    const played = await make(names);
    const seen = record(played.engine);
    await settled();
    await play(played);
    await settled();
    if (played.engine.readyState !== 'closed') played.engine.close();
    told.push(seen);
  }
  return told as [string[], string[]];
}

const below = ({ network }: Played, index = 0): FakeTransport => network.made[index] as FakeTransport;

describe('the events of the engine come in the official order', () => {
  it.each<[string, Names, (played: Played) => Promise<void>]>([
    ['at the handshake', ['websocket'], async (played) => below(played).shakes({ upgrades: [] })],
    [
      'at a message',
      ['websocket'],
      async (played) => {
        below(played).shakes({ upgrades: [] });
        below(played).gives('message', '2["a"]');
      },
    ],
    [
      'at the heartbeat',
      ['websocket'],
      async (played) => {
        below(played).shakes({ upgrades: [] });
        below(played).gives('ping');
        await settled();
      },
    ],
    [
      'when something is written',
      ['websocket'],
      async (played) => {
        below(played).shakes({ upgrades: [] });
        played.engine.write('a');
        played.engine.write('b');
        await settled();
      },
    ],
    [
      'when something is written over polling',
      ['polling'],
      async (played) => {
        below(played).shakes({ upgrades: [], maxPayload: 1_000 });
        played.engine.write('a');
        played.engine.write('b');
        await settled();
      },
    ],
    [
      'when it is closed behind what was written',
      ['websocket'],
      async (played) => {
        below(played).shakes({ upgrades: [] });
        played.engine.write('a');
        played.engine.close();
        await settled();
      },
    ],
    [
      'when the transport closes',
      ['websocket'],
      async (played) => {
        below(played).shakes({ upgrades: [] });
        below(played).closes();
      },
    ],
    [
      'when the transport fails',
      ['websocket'],
      async (played) => {
        below(played).shakes({ upgrades: [] });
        below(played).fails('websocket error');
      },
    ],
    ['when it does not open', ['websocket'], async (played) => below(played).fails('websocket error')],
    [
      'at an upgrade',
      ['polling', 'websocket'],
      async (played) => {
        below(played).shakes();
        played.engine.write('a');
        await settled();
        const probe = below(played, 1);
        probe.opens();
        probe.gives('pong', 'probe');
        played.engine.write('b');
        below(played).paused?.();
        await settled();
        probe.gives('message', '2["c"]');
      },
    ],
    [
      'at a probe that fails',
      ['polling', 'websocket'],
      async (played) => {
        below(played).shakes();
        below(played, 1).fails('websocket error');
        played.engine.write('a');
        await settled();
      },
    ],
  ])('%s', async (_when, names, play) => {
    const [theirs, mine] = await both(names, play);
    expect(theirs.length).toBeGreaterThan(1);
    expect(mine).toEqual(theirs);
  });
});
