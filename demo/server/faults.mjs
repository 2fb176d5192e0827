// The faults that a visitor can inject, one per button. A fault affects every proxy at the same moment.

import { applyAndCut, webSocketFaults } from './websocket-faults.mjs';

/**
 * @typedef {import('../../test/support/fault-proxy.js').FaultProxy} Proxy
 * @typedef {() => unknown} Dispose
 *
 * @typedef {object} Network
 * @property {(act: (proxy: Proxy) => Dispose | void) => Dispose} each  calls `act` for every proxy; returns a function that undoes it
 * @property {() => Promise<void>} stop  stops the Socket.IO server and the proxies
 * @property {() => Promise<void>} start
 *
 * @typedef {object} Fault
 * @property {string} id
 * @property {'tunnel' | 'laptop' | 'office' | 'deploy'} group  what happens to people
 * @property {string} [story]  the fault that represents its group, described as users see it
 * @property {string} label
 * @property {string} hint
 * @property {string[]} [tests]  its names in the fault tests (test/faults/catalogue.ts)
 * @property {number | 'switch'} lasts  milliseconds, or until it is switched off
 * @property {boolean} [closed]  blocks all traffic: recovery is measured from its end
 * @property {boolean} [later]  takes effect some time after the button: recovery is measured from the disconnect
 * @property {boolean} [needsPolling]  a client can connect only over long-polling
 * @property {'websocket' | 'server'} [insteadOf]  only one fault of this kind can be active
 * @property {('online' | 'offline')[]} [signals]  events that the browser fires when it starts
 * @property {('online' | 'offline')[]} [signalsAtEnd]
 * @property {'sleep'} [page]  what the page itself must do
 * @property {(network: Network) => Dispose | void | Promise<Dispose | void>} inject
 */

/** Long enough to notice, short enough to watch. */
const OUTAGE_MS = 6_000;
const RESTART_MS = 1_500;

/** @param {Network} network */
async function stopServer({ stop, start }) {
  await stop();
  return start;
}

/** @type {Fault[]} */
export const faults = [
  {
    id: 'cut',
    group: 'laptop',
    label: 'Cut',
    hint: 'Resets every TCP connection, like a restarting router.',
    tests: ['reset'],
    lasts: 0,
    inject: ({ each }) => void each((proxy) => proxy.cut()),
  },
  {
    id: 'cut-to-client',
    group: 'deploy',
    label: 'Cut mid-response',
    hint: 'Resets the connection after 250 more bytes to the page, in the middle of a response.',
    tests: ['cut after 250 bytes to the client'],
    lasts: 0,
    later: true,
    inject: ({ each }) => void each((proxy) => proxy.cutAfter(250, 'to-client')),
  },
  {
    id: 'cut-to-server',
    group: 'deploy',
    label: 'Cut mid-message',
    hint: 'Resets the connection after 150 more bytes to the server, in the middle of a message.',
    tests: ['cut after 150 bytes to the server'],
    lasts: 0,
    later: true,
    inject: ({ each }) => void each((proxy) => proxy.cutAfter(150, 'to-server')),
  },
  {
    id: 'dead',
    group: 'laptop',
    label: 'Dead connection',
    hint: 'The network changes: open connections silently stop delivering, and the browser fires “online”.',
    lasts: 0,
    signals: ['online'],
    inject: ({ each }) => void each((proxy) => proxy.strandUpgraded()),
  },
  {
    id: 'offline-signal',
    group: 'laptop',
    label: 'False “offline”',
    hint: 'The browser wrongly reports “offline” for a second, while the network works.',
    lasts: 1_000,
    signals: ['offline'],
    signalsAtEnd: ['online'],
    inject: () => {},
  },
  {
    id: 'restart',
    group: 'deploy',
    story: 'You deploy the server',
    label: 'Restart',
    hint: 'Kills the Socket.IO server with its sessions, and restarts it after 1.5 s.',
    tests: ['nginx, two servers in turn, not sticky'],
    lasts: RESTART_MS,
    closed: true,
    insteadOf: 'server',
    inject: stopServer,
  },
  {
    id: 'stop',
    group: 'deploy',
    label: 'Stop',
    hint: 'Stops the server: connections are refused until it is started again.',
    tests: ['connections refused'],
    lasts: 'switch',
    closed: true,
    insteadOf: 'server',
    inject: stopServer,
  },
  {
    id: 'network-down',
    group: 'tunnel',
    story: 'The train enters a tunnel',
    label: 'Network down',
    hint: 'Takes the network down for 6 s; the browser fires “offline”, and then “online”.',
    lasts: OUTAGE_MS,
    closed: true,
    insteadOf: 'server',
    signals: ['offline'],
    signalsAtEnd: ['online'],
    async inject({ each }) {
      /** @type {Promise<void>[]} */
      const down = [];
      each((proxy) => void down.push(proxy.down()));
      await Promise.all(down);
      return async () => {
        /** @type {Promise<void>[]} */
        const up = [];
        each((proxy) => void up.push(proxy.up()));
        await Promise.all(up);
      };
    },
  },
  {
    id: 'silence',
    group: 'tunnel',
    label: 'Silence',
    hint: 'For 6 s, connections open but get no response.',
    tests: ['connections open, then silence'],
    lasts: OUTAGE_MS,
    closed: true,
    inject: (network) =>
      applyAndCut(network, (proxy) => {
        const undo = [proxy.swallowUpgrades(), proxy.blockPolling('swallow')];
        return () => undo.forEach((dispose) => void dispose());
      }),
  },
  {
    id: 'half-open-up',
    group: 'tunnel',
    label: 'Half-open up',
    hint: 'For 6 s, nothing reaches the server; then everything arrives late.',
    tests: ['half-open: nothing reaches the server'],
    lasts: OUTAGE_MS,
    closed: true,
    inject: ({ each }) => each((proxy) => proxy.stall('to-server')),
  },
  {
    id: 'half-open-down',
    group: 'tunnel',
    label: 'Half-open down',
    hint: 'For 6 s, nothing reaches the page; then everything arrives late.',
    tests: ['half-open: nothing reaches the client'],
    lasts: OUTAGE_MS,
    closed: true,
    inject: ({ each }) => each((proxy) => proxy.stall('to-client')),
  },
  {
    id: 'sleep',
    group: 'laptop',
    story: 'The laptop is closed',
    label: 'Sleep',
    hint: 'Blocks this page for 5 s, including its timers, and its connections die meanwhile.',
    lasts: 5_000,
    closed: true,
    page: 'sleep',
    signalsAtEnd: ['online'],
    inject: ({ each }) => void each((proxy) => proxy.strandUpgraded()),
  },
  ...webSocketFaults,
  {
    id: 'latency',
    group: 'tunnel',
    label: 'High latency',
    hint: 'Adds 150 ms each way, plus up to 150 ms at random.',
    tests: ['latency of 150 ms and jitter of 150 ms, each way'],
    lasts: 'switch',
    inject: ({ each }) => each((proxy) => proxy.delay(150, 150)),
  },
  {
    id: 'rate',
    group: 'tunnel',
    label: 'Low bandwidth',
    hint: 'Limits each connection to 3 kB/s each way.',
    tests: ['rate of 3 kB/s'],
    lasts: 'switch',
    inject: ({ each }) => each((proxy) => proxy.limitRate(3_000)),
  },
  {
    id: 'polling-403',
    group: 'office',
    label: 'Polling refused',
    hint: 'Answers long-polling with 403. WebSocket works.',
    tests: ['polling refused (403)'],
    lasts: 'switch',
    inject: (network) => applyAndCut(network, (proxy) => proxy.blockPolling({ status: 403 })),
  },
  {
    id: 'polling-hang',
    group: 'office',
    label: 'Polling hangs',
    hint: 'Never answers long-polling. WebSocket works.',
    tests: ['polling swallowed, and listed first'],
    lasts: 'switch',
    inject: (network) => applyAndCut(network, (proxy) => proxy.blockPolling('swallow')),
  },
];
