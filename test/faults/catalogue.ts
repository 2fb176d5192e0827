import type { ServerOptions } from 'socket.io';
import type { Options } from '../../src/platform/options.js';
import type { FaultProxy } from '../support/fault-proxy.js';
import type { Dispose } from '../support/faults.js';
import type { TestServer } from '../support/server.js';
import type { UdpProxy } from '../support/udp-proxy.js';
import type { RemoteProgram } from './environments.js';
import { haproxy, nginx, type StartMiddlebox } from './middleboxes.js';

/** The network faults, and the expected behaviour of the client. */

/** The client reaches the servers through the proxy and, if there is one, through the middlebox behind it. */
export interface Network {
  readonly proxy: FaultProxy;
  readonly servers: readonly TestServer[];
  /** The link of WebTransport, if the fault affects it. */
  readonly udp?: UdpProxy | undefined;
}

/**
 * When the client encounters the fault: on its first visit; on a later visit, after encountering it before (or after a visit
 * without it); or while the connection is open.
 */
export const visits = ['first visit', 'returning visit', 'in mid-session'] as const;
export type Visit = (typeof visits)[number];

export interface Fault {
  readonly name: string;
  /** Injects the fault before the client connects, or while its connection is `open`. */
  inject(network: Network, open: RemoteProgram | undefined): Promise<void> | void;
  /** In mid-session, the time is measured from the client's disconnect. */
  readonly fromDisconnect?: true;
  /** Ends a fault that blocks all traffic. The time is measured from there. */
  readonly heal?: (network: Network) => Promise<void> | void;
  /** Affects only one connection, so a later visit remembers nothing about it. */
  readonly once?: true;
  /** The transport that the client must end on; `undefined` if either is correct. */
  readonly endsOn?: 'webtransport' | 'websocket' | 'polling';
  /** A returning client tries polling first, because it remembers the fault. */
  readonly remembered?: true;
  /** An open connection survives it. */
  readonly harmless?: true;
  /** The server cannot notice that a connection is dead, and keeps its socket until a heartbeat is missed. */
  readonly hidden?: true;
  /** WebTransport is listed first. Only in Chromium: Node has none. */
  readonly overHttp3?: true;
  readonly behind?: StartMiddlebox;
  readonly servers?: number;
  readonly options?: Options;
  readonly server?: Partial<ServerOptions>;
  /** How long it may take until a message comes through, in milliseconds, if not `usableMs`. */
  readonly usableMs?: Partial<Readonly<Record<Visit, number>>>;
}

/** Generous, because other tests may load the machine. */
export const usableMs = 5_000;

/** A fault that affects new connections; an open one is cut so that its client encounters the fault. */
function opening(apply: (proxy: FaultProxy) => Dispose): Fault['inject'] {
  return async (network, open) => {
    apply(network.proxy);
    await cutIfOpen(network, open);
  };
}

async function cutIfOpen({ proxy }: Network, open: RemoteProgram | undefined): Promise<void> {
  if (!open) return;
  // Between two polls there may be no connection.
  await proxy.until('a connection that can be cut', (counters) => counters.open > 0);
  proxy.cut();
}

/** The client waits longer for the first answer on a new connection; on a later visit it remembers the failure. */
const firstAnswerMs = { 'first visit': 12_000, 'in mid-session': 12_000 } as const;

/** For faults under which new connections get no answer. */
const shortTimeout: Options = { timeout: 1_500 };

const heal = ({ proxy }: Network): void => proxy.heal();

/** WebSocket is blocked, polling works. */
const onPolling = { endsOn: 'polling', remembered: true } as const;

export const faults: readonly Fault[] = [
  {
    name: 'connections refused',
    inject: ({ proxy }) => proxy.down(),
    heal: ({ proxy }) => proxy.up(),
    endsOn: 'websocket',
  },
  {
    name: 'connections open, then silence',
    inject: opening((proxy) => {
      proxy.swallowUpgrades();
      return proxy.blockPolling('swallow');
    }),
    heal,
    endsOn: 'websocket',
    options: shortTimeout,
  },
  {
    name: 'upgrades refused (400)',
    inject: opening((proxy) => proxy.refuseUpgrades({ status: 400 })),
    ...onPolling,
  },
  {
    name: 'upgrades refused (403)',
    inject: opening((proxy) => proxy.refuseUpgrades({ status: 403 })),
    ...onPolling,
  },
  {
    name: 'upgrades swallowed',
    inject: opening((proxy) => proxy.swallowUpgrades()),
    ...onPolling,
  },
  {
    name: 'upgrades slow (1.5 s)',
    inject: opening((proxy) => proxy.holdUpgrades(1_500)),
    endsOn: 'websocket',
  },
  {
    name: 'WebSocket opens, then silence',
    inject: opening((proxy) => proxy.silenceUpgrades()),
    ...onPolling,
  },
  {
    name: 'WebSocket silent after the handshake',
    inject: opening((proxy) => proxy.handshakeOnly()),
    ...onPolling,
    hidden: true,
    // Slower than the client's deadline for the first answer.
    server: { pingInterval: 4_000, pingTimeout: 4_000 },
    usableMs: firstAnswerMs,
  },
  {
    name: 'WebSocket silent, heartbeat of 1.2 s',
    inject: opening((proxy) => proxy.handshakeOnly()),
    ...onPolling,
    hidden: true,
    usableMs: firstAnswerMs,
  },
  {
    name: 'WebSocket reset at the first message',
    inject: opening((proxy) => proxy.handshakeOnly('reset')),
    ...onPolling,
  },
  {
    name: 'polling refused (403)',
    inject: opening((proxy) => proxy.blockPolling({ status: 403 })),
    endsOn: 'websocket',
  },
  {
    name: 'polling swallowed, and listed first',
    inject: opening((proxy) => proxy.blockPolling('swallow')),
    endsOn: 'websocket',
    options: { transports: ['polling', 'websocket'] },
  },
  {
    name: 'half-open: nothing reaches the server',
    inject: ({ proxy }) => void proxy.stall('to-server'),
    heal,
    hidden: true,
    options: shortTimeout,
  },
  {
    name: 'half-open: nothing reaches the client',
    inject: ({ proxy }) => void proxy.stall('to-client'),
    heal,
    hidden: true,
    options: shortTimeout,
  },
  {
    name: 'reset',
    inject({ proxy }, open) {
      if (open) proxy.cut();
      else proxy.cutAfter(0, 'to-client');
    },
    once: true,
  },
  {
    name: 'cut after 250 bytes to the client',
    inject: ({ proxy }) => void proxy.cutAfter(250, 'to-client'),
    once: true,
    fromDisconnect: true,
  },
  {
    name: 'cut after 150 bytes to the server',
    inject: ({ proxy }) => void proxy.cutAfter(150, 'to-server'),
    once: true,
    fromDisconnect: true,
  },
  {
    name: 'latency of 150 ms and jitter of 150 ms, each way',
    inject: ({ proxy }) => void proxy.delay(150, 150),
    harmless: true,
  },
  {
    name: 'rate of 3 kB/s',
    inject: ({ proxy }) => void proxy.limitRate(3_000),
    harmless: true,
  },
  {
    name: 'nginx without upgrade headers',
    behind: nginx({ upgrades: false }),
    inject: cutIfOpen,
    ...onPolling,
  },
  {
    name: 'nginx with upgrade headers',
    behind: nginx({ upgrades: true }),
    inject: cutIfOpen,
    endsOn: 'websocket',
  },
  {
    name: 'nginx, two servers in turn, not sticky',
    behind: nginx({ upgrades: true }),
    servers: 2,
    async inject({ servers }, open) {
      if (!open) return;
      const inUse = servers.find((server) => server.io.engine.clientsCount > 0);
      await inUse?.crash();
    },
    endsOn: 'websocket',
  },
  {
    name: 'haproxy, tunnels cut when idle for 600 ms',
    behind: haproxy({ tunnelMs: 600 }),
    async inject(_network, open) {
      await open?.pause();
      await open?.untilLogged('disconnect', 0);
      await open?.resume();
    },
    fromDisconnect: true,
    endsOn: 'websocket',
  },
  {
    name: 'WebTransport first: UDP refused',
    overHttp3: true,
    inject: ({ udp }) => udp?.close(),
    endsOn: 'websocket',
    hidden: true,
    usableMs: { 'in mid-session': 10_000 },
  },
  {
    name: 'WebTransport first: UDP swallowed',
    overHttp3: true,
    inject({ udp }) {
      if (udp) udp.swallows = true;
    },
    endsOn: 'websocket',
    hidden: true,
    usableMs: { 'in mid-session': 10_000 },
  },
  {
    name: 'WebTransport first: one packet of ten lost',
    overHttp3: true,
    inject({ udp }) {
      if (udp) udp.losesOneOf = 10;
    },
    harmless: true,
  },
  {
    name: 'WebTransport first: latency of 100 ms each way',
    overHttp3: true,
    inject({ udp, proxy }) {
      if (udp) udp.delayMs = 100;
      proxy.delay(100);
    },
    harmless: true,
  },
];
