// Injects the faults and ends them. The page reaches this over Express on a separate port, so the buttons work while
// the Socket.IO server is down.

import { faults } from './faults.mjs';

/** The proxies record every request for the tests; the demo discards these records. */
const FORGET_EVERY_MS = 60_000;

/**
 * @typedef {object} Settings
 * @property {{ start(): Promise<unknown>, stop(): Promise<unknown>, readonly running: boolean, follow?(changed: () => void): unknown }} server
 * @property {import('./faults.mjs').Proxy[]} proxies
 * @property {ReturnType<import('./log.mjs').createLog>} log
 * @property {((fault: import('./faults.mjs').Fault) => string | undefined) | undefined} [unavailable]  why a fault is not available here
 */

/** @param {Settings} settings */
export function createControl({ server, proxies, log, unavailable = () => undefined }) {
  /** @type {Map<string, { fault: import('./faults.mjs').Fault, undo: () => unknown, endsAt: number | undefined, timer: NodeJS.Timeout | undefined }>} */
  const active = new Map();
  /** @type {Set<(event: { type: 'state' | 'fault', [detail: string]: unknown }) => void>} */
  const followers = new Set();
  const notify = (event) => {
    for (const follower of [...followers]) follower(event);
  };

  const state = () => ({
    type: /** @type {const} */ ('state'),
    running: server.running,
    active: [...active.values()].map(({ fault, endsAt }) => ({ id: fault.id, endsAt })),
  });
  const changed = () => notify(state());
  server.follow?.(changed);

  const network = {
    each(act) {
      const undo = proxies.map((proxy) => act(proxy));
      return () => undo.forEach((dispose) => void dispose?.());
    },
    async stop() {
      await Promise.all(proxies.map((proxy) => proxy.down()));
      await server.stop();
      log.write('server', 'stopped: nothing listens now');
    },
    async start() {
      await server.start();
      await Promise.all(proxies.map((proxy) => proxy.up()));
      log.write('server', 'started');
    },
  };

  async function end(id) {
    const entry = active.get(id);
    if (entry === undefined) return;
    active.delete(id);
    clearTimeout(entry.timer);
    await entry.undo();
    log.write('fault', `${entry.fault.label}: over`);
    announce(entry.fault, 'ended', entry.fault.signalsAtEnd);
    changed();
  }

  async function inject(id) {
    const fault = faults.find((one) => one.id === id);
    if (fault === undefined) throw new RangeError(`There is no fault named ${JSON.stringify(id)}`);
    const reason = unavailable(fault);
    if (reason !== undefined) throw new RangeError(reason);
    if (active.has(id)) return;
    for (const [other, { fault: its }] of [...active]) {
      if (fault.insteadOf !== undefined && its.insteadOf === fault.insteadOf) await end(other);
    }
    log.write('fault', `${fault.label}: ${fault.hint}`);
    const undo = (await fault.inject(network)) ?? (() => {});
    const { lasts } = fault;
    if (lasts === 'switch') {
      active.set(id, { fault, undo, endsAt: undefined, timer: undefined });
    } else if (lasts > 0) {
      const timer = setTimeout(() => inTurn(() => end(id)), lasts);
      active.set(id, { fault, undo, endsAt: Date.now() + lasts, timer });
    }
    // Announced last: everything a page sends from now on is affected.
    announce(fault, 'started', fault.signals);
    changed();
  }

  function announce({ id }, phase, signals = []) {
    notify({ type: 'fault', id, phase, signals, at: Date.now() });
  }

  // Runs actions one at a time, in order: a start during a stop would be lost.
  let last = Promise.resolve();
  const inTurn = (action) => {
    last = last.catch(() => {}).then(action);
    return last;
  };

  const forget = setInterval(() => {
    for (const { requests } of proxies) requests.length = 0;
  }, FORGET_EVERY_MS);
  forget.unref();

  return {
    state,
    /** The faults as shown by the page. */
    list: faults.map(({ inject: _inject, ...shown }) => ({
      ...shown,
      unavailable: unavailable(/** @type {any} */ (shown)),
    })),
    inject: (id) => inTurn(() => inject(id)),
    end: (id) => inTurn(() => end(id)),
    heal: () =>
      inTurn(async () => {
        for (const id of [...active.keys()]) await end(id);
        for (const proxy of proxies) proxy.heal();
      }),
    /** Resolves when the fault is over. */
    over(id) {
      return new Promise((resolve) => {
        const look = () => {
          if (active.has(id)) return;
          followers.delete(look);
          resolve(undefined);
        };
        followers.add(look);
        look();
      });
    },
    follow(follower) {
      followers.add(follower);
      return () => followers.delete(follower);
    },
    async close() {
      clearInterval(forget);
      for (const { timer } of active.values()) clearTimeout(timer);
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await server.stop();
    },
  };
}
