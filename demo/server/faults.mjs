// Everything that a visitor can break: one entry for each button. A fault is struck on every proxy at the same moment.

import { meet, webSocketFaults } from './websocket-faults.mjs';

/**
 * @typedef {import('../../test/support/fault-proxy.js').FaultProxy} Proxy
 * @typedef {() => unknown} Dispose
 *
 * @typedef {object} Scene
 * @property {(act: (proxy: Proxy) => Dispose | void) => Dispose} each  does it on every proxy; returns what undoes all of it
 * @property {() => Promise<void>} stop  ends the Socket.IO server, and nothing listens any more
 * @property {() => Promise<void>} start
 *
 * @typedef {object} Fault
 * @property {string} id
 * @property {'cut' | 'away' | 'websocket' | 'network'} group
 * @property {string} label
 * @property {string} hint
 * @property {string[]} [lab]  its names in the fault tests (test/faults/catalogue.ts)
 * @property {number | 'switch'} lasts  milliseconds, or until it is switched off
 * @property {boolean} [closed]  nobody comes through: what counts is the time since it ended
 * @property {boolean} [later]  it strikes some time after the button: what counts is the time since the disconnect
 * @property {boolean} [needsPolling]  a client gets round it only over long-polling
 * @property {'websocket' | 'server'} [insteadOf]  only one of these can be on
 * @property {('online' | 'offline')[]} [signals]  what the browser tells its pages when it strikes
 * @property {('online' | 'offline')[]} [signalsAtEnd]
 * @property {'sleep'} [page]  what the page itself has to do
 * @property {(scene: Scene) => Dispose | void | Promise<Dispose | void>} strike
 */

/** Long enough to be noticed, short enough to be watched. */
const WHILE_MS = 6_000;
const RESTART_MS = 1_500;

/** @param {Scene} scene */
async function takeAway({ stop, start }) {
  await stop();
  return start;
}

/** @type {Fault[]} */
export const faults = [
  {
    id: 'cut',
    group: 'cut',
    label: 'Cut',
    hint: 'Every TCP connection is reset, as by a router that restarts.',
    lab: ['reset'],
    lasts: 0,
    strike: ({ each }) => void each((proxy) => proxy.cut()),
  },
  {
    id: 'cut-to-client',
    group: 'cut',
    label: 'Cut mid-answer',
    hint: 'After 250 more bytes to the page the connection is reset, in the middle of whatever that is.',
    lab: ['cut after 250 bytes to the client'],
    lasts: 0,
    later: true,
    strike: ({ each }) => void each((proxy) => proxy.cutAfter(250, 'to-client')),
  },
  {
    id: 'cut-to-server',
    group: 'cut',
    label: 'Cut mid-message',
    hint: 'After 150 more bytes to the server the connection is reset, in the middle of a message.',
    lab: ['cut after 150 bytes to the server'],
    lasts: 0,
    later: true,
    strike: ({ each }) => void each((proxy) => proxy.cutAfter(150, 'to-server')),
  },
  {
    id: 'ghost',
    group: 'cut',
    label: 'Ghost',
    hint: 'The network is another one: what stood delivers nothing any more and nobody is told. The browser says “online”.',
    lasts: 0,
    signals: ['online'],
    strike: ({ each }) => void each((proxy) => proxy.strandUpgraded()),
  },
  {
    id: 'offline-signal',
    group: 'cut',
    label: 'False “offline”',
    hint: 'The browser says “offline” for a second, and is wrong: nothing is broken.',
    lasts: 1_000,
    signals: ['offline'],
    signalsAtEnd: ['online'],
    strike: () => {},
  },
  {
    id: 'restart',
    group: 'away',
    label: 'Restart',
    hint: 'The Socket.IO server ends without a word, forgets its sessions, and is back after 1.5 s.',
    lab: ['nginx, two servers in turn, not sticky'],
    lasts: RESTART_MS,
    closed: true,
    insteadOf: 'server',
    strike: takeAway,
  },
  {
    id: 'stop',
    group: 'away',
    label: 'Stop',
    hint: 'Nothing listens: connections are refused, until it is started again.',
    lab: ['connections refused'],
    lasts: 'switch',
    closed: true,
    insteadOf: 'server',
    strike: takeAway,
  },
  {
    id: 'network-down',
    group: 'away',
    label: 'Network gone',
    hint: 'For 6 s there is no network, and the browser says so; then it says “online”.',
    lasts: WHILE_MS,
    closed: true,
    insteadOf: 'server',
    signals: ['offline'],
    signalsAtEnd: ['online'],
    async strike({ each }) {
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
    group: 'away',
    label: 'Silence',
    hint: 'For 6 s connections open and get no answer.',
    lab: ['connections open, then silence'],
    lasts: WHILE_MS,
    closed: true,
    strike: (scene) =>
      meet(scene, (proxy) => {
        const undo = [proxy.swallowUpgrades(), proxy.blockPolling('swallow')];
        return () => undo.forEach((dispose) => void dispose());
      }),
  },
  {
    id: 'half-open-up',
    group: 'away',
    label: 'Half-open up',
    hint: 'For 6 s nothing reaches the server; what was sent comes late.',
    lab: ['half-open: nothing reaches the server'],
    lasts: WHILE_MS,
    closed: true,
    strike: ({ each }) => each((proxy) => proxy.stall('to-server')),
  },
  {
    id: 'half-open-down',
    group: 'away',
    label: 'Half-open down',
    hint: 'For 6 s nothing reaches the page; what was sent comes late.',
    lab: ['half-open: nothing reaches the client'],
    lasts: WHILE_MS,
    closed: true,
    strike: ({ each }) => each((proxy) => proxy.stall('to-client')),
  },
  {
    id: 'sleep',
    group: 'away',
    label: 'Sleep',
    hint: 'This page stands still for 5 s, timers and all, and its connections do not survive it.',
    lasts: 5_000,
    closed: true,
    page: 'sleep',
    signalsAtEnd: ['online'],
    strike: ({ each }) => void each((proxy) => proxy.strandUpgraded()),
  },
  ...webSocketFaults,
  {
    id: 'latency',
    group: 'network',
    label: 'Far away',
    hint: '150 ms more each way, and up to 150 ms on top at random.',
    lab: ['latency of 150 ms and jitter of 150 ms, each way'],
    lasts: 'switch',
    strike: ({ each }) => each((proxy) => proxy.delay(150, 150)),
  },
  {
    id: 'rate',
    group: 'network',
    label: 'Thin line',
    hint: '3 kB/s for each connection, each way.',
    lab: ['rate of 3 kB/s'],
    lasts: 'switch',
    strike: ({ each }) => each((proxy) => proxy.limitRate(3_000)),
  },
  {
    id: 'polling-403',
    group: 'network',
    label: 'Polling refused',
    hint: 'Long-polling is answered with 403. WebSocket gets through.',
    lab: ['polling refused (403)'],
    lasts: 'switch',
    strike: (scene) => meet(scene, (proxy) => proxy.blockPolling({ status: 403 })),
  },
  {
    id: 'polling-hang',
    group: 'network',
    label: 'Polling hangs',
    hint: 'Long-polling gets no answer, ever. WebSocket gets through.',
    lab: ['polling swallowed, and asked for first'],
    lasts: 'switch',
    strike: (scene) => meet(scene, (proxy) => proxy.blockPolling('swallow')),
  },
];
