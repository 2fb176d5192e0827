import type { ServerOptions } from 'socket.io';
import type { Options } from '../../src/platform/options.js';
import type { FaultProxy } from '../support/fault-proxy.js';
import type { Dispose } from '../support/faults.js';
import type { TestServer } from '../support/server.js';
import type { RemoteTalk } from './environments.js';
import { haproxy, nginx, type StartMiddlebox } from './middleboxes.js';

/** Everything that is wrong with a network, and what is expected of the client there. */

/** A client reaches the servers through the proxy and, where there is one, through the middlebox behind it. */
export interface Scene {
  readonly proxy: FaultProxy;
  readonly servers: readonly TestServer[];
}

/**
 * When the fault is there: somebody comes for the first time, somebody comes again who met it before (or who was here
 * before it), or the connection stands already.
 */
export const visits = ['first visit', 'returning visit', 'in mid-session'] as const;
export type Visit = (typeof visits)[number];

export interface Fault {
  readonly name: string;
  /** Before opening, or with an open connection. */
  strike(scene: Scene, open: RemoteTalk | undefined): Promise<void> | void;
  /** In mid-session, the time counts from the moment when the client was disconnected. */
  readonly fromDisconnect?: true;
  /** For a fault through which nobody comes: ends it. Time counts from there. */
  readonly heal?: (scene: Scene) => Promise<void> | void;
  /** It meets one connection and is gone: a visit later there is nothing to be remembered of it. */
  readonly once?: true;
  /** The transport that the client ends on; nothing where either is right. */
  readonly endsOn?: 'websocket' | 'polling';
  /** Whether a returning client tries polling first, because it remembers. */
  readonly remembered?: true;
  /** An open connection outlives it. */
  readonly harmless?: true;
  /** The server cannot see that a connection is over, and keeps its socket until the heartbeat is missed. */
  readonly hidden?: true;
  readonly behind?: StartMiddlebox;
  readonly servers?: number;
  readonly options?: Options;
  readonly server?: Partial<ServerOptions>;
  /** How long it may take until a message comes through, in milliseconds, where this is not `usableMs`. */
  readonly usableMs?: Partial<Readonly<Record<Visit, number>>>;
}

/** Wide margins: other tests may load the machine. */
export const usableMs = 5_000;

/** The proxy is this way while a connection opens; one that stands must be cut to meet it. */
function opening(apply: (proxy: FaultProxy) => Dispose): Fault['strike'] {
  return async (scene, open) => {
    apply(scene.proxy);
    await cutIfOpen(scene, open);
  };
}

async function cutIfOpen({ proxy }: Scene, open: RemoteTalk | undefined): Promise<void> {
  if (!open) return;
  // Between two polls there may be none.
  await proxy.until('a connection that can be cut', (counters) => counters.open > 0);
  proxy.cut();
}

/** The client is patient with a connection that has just opened; it remembers that this was in vain. */
const thirdStageMs = { 'first visit': 12_000, 'in mid-session': 12_000 } as const;

/** What stood before is cut without a word; nothing new gets an answer. */
const connectQuickly: Options = { timeout: 1_500 };

const heal = ({ proxy }: Scene): void => proxy.heal();

/** WebSocket does not get through, polling does. */
const onPolling = { endsOn: 'polling', remembered: true } as const;

export const faults: readonly Fault[] = [
  {
    name: 'connections refused',
    strike: ({ proxy }) => proxy.down(),
    heal: ({ proxy }) => proxy.up(),
    endsOn: 'websocket',
  },
  {
    name: 'connections open, then silence',
    strike: opening((proxy) => {
      proxy.swallowUpgrades();
      return proxy.blockPolling('swallow');
    }),
    heal,
    endsOn: 'websocket',
    options: connectQuickly,
  },
  {
    name: 'upgrades refused (400)',
    strike: opening((proxy) => proxy.refuseUpgrades({ status: 400 })),
    ...onPolling,
  },
  {
    name: 'upgrades refused (403)',
    strike: opening((proxy) => proxy.refuseUpgrades({ status: 403 })),
    ...onPolling,
  },
  {
    name: 'upgrades swallowed',
    strike: opening((proxy) => proxy.swallowUpgrades()),
    ...onPolling,
  },
  {
    name: 'upgrades slow (1.5 s)',
    strike: opening((proxy) => proxy.holdUpgrades(1_500)),
    endsOn: 'websocket',
  },
  {
    name: 'WebSocket opens, then silence',
    strike: opening((proxy) => proxy.silenceUpgrades()),
    ...onPolling,
  },
  {
    name: 'WebSocket silent after the handshake',
    strike: opening((proxy) => proxy.deafenUpgrades()),
    ...onPolling,
    hidden: true,
    // Slower than the client's patience, which runs out first.
    server: { pingInterval: 4_000, pingTimeout: 4_000 },
    usableMs: thirdStageMs,
  },
  {
    name: 'WebSocket silent, heartbeat of 1.2 s',
    strike: opening((proxy) => proxy.deafenUpgrades()),
    ...onPolling,
    hidden: true,
    usableMs: thirdStageMs,
  },
  {
    name: 'WebSocket reset at the first message',
    strike: opening((proxy) => proxy.deafenUpgrades('reset')),
    ...onPolling,
  },
  {
    name: 'polling refused (403)',
    strike: opening((proxy) => proxy.blockPolling({ status: 403 })),
    endsOn: 'websocket',
  },
  {
    name: 'polling swallowed, and listed first',
    strike: opening((proxy) => proxy.blockPolling('swallow')),
    endsOn: 'websocket',
    options: { transports: ['polling', 'websocket'] },
  },
  {
    name: 'half-open: nothing reaches the server',
    strike: ({ proxy }) => void proxy.stall('to-server'),
    heal,
    hidden: true,
    options: connectQuickly,
  },
  {
    name: 'half-open: nothing reaches the client',
    strike: ({ proxy }) => void proxy.stall('to-client'),
    heal,
    hidden: true,
    options: connectQuickly,
  },
  {
    name: 'reset',
    strike({ proxy }, open) {
      if (open) proxy.cut();
      else proxy.cutAfter(0, 'to-client');
    },
    once: true,
  },
  {
    name: 'cut after 250 bytes to the client',
    strike: ({ proxy }) => void proxy.cutAfter(250, 'to-client'),
    once: true,
    fromDisconnect: true,
  },
  {
    name: 'cut after 150 bytes to the server',
    strike: ({ proxy }) => void proxy.cutAfter(150, 'to-server'),
    once: true,
    fromDisconnect: true,
  },
  {
    name: 'latency of 150 ms and jitter of 150 ms, each way',
    strike: ({ proxy }) => void proxy.delay(150, 150),
    harmless: true,
  },
  {
    name: 'rate of 3 kB/s',
    strike: ({ proxy }) => void proxy.limitRate(3_000),
    harmless: true,
  },
  {
    name: 'nginx without upgrade headers',
    behind: nginx({ upgrades: false }),
    strike: cutIfOpen,
    ...onPolling,
  },
  {
    name: 'nginx with upgrade headers',
    behind: nginx({ upgrades: true }),
    strike: cutIfOpen,
    endsOn: 'websocket',
  },
  {
    name: 'nginx, two servers in turn, not sticky',
    behind: nginx({ upgrades: true }),
    servers: 2,
    async strike({ servers }, open) {
      if (!open) return;
      const inUse = servers.find((server) => server.io.engine.clientsCount > 0);
      await inUse?.crash();
    },
    endsOn: 'websocket',
  },
  {
    name: 'haproxy, tunnels cut when idle for 600 ms',
    behind: haproxy({ tunnelMs: 600 }),
    async strike(_scene, open) {
      await open?.pause();
      await open?.told('disconnect', 0);
      await open?.resume();
    },
    fromDisconnect: true,
    endsOn: 'websocket',
  },
];
