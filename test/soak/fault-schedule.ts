import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FaultProxy } from '../support/fault-proxy.js';
import { counts } from './audit.js';

/** The schedule of network faults and server restarts during the soak test. */

const between = (low: number, high: number): number => low + Math.random() * (high - low);
const either = <Item>(...items: Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item;

/** Each injects a fault and resolves when it is over; the caller switches it off afterwards. */
const faults: ((proxy: FaultProxy) => Promise<unknown> | unknown)[] = [
  (proxy) => proxy.cut(),
  (proxy) => proxy.cut(),
  (proxy) => {
    proxy.cutAfter(Math.round(between(1, 5_000)), either('to-client', 'to-server'));
    return pause(3_000);
  },
  (proxy) => proxy.strand(),
  async (proxy) => {
    await proxy.down();
    await pause(between(0, 3_000));
    await proxy.up();
  },
  (proxy) => {
    proxy.stall(either('to-client', 'to-server'));
    return pause(between(100, 6_000));
  },
  (proxy) => {
    proxy.delay(between(20, 300), 50);
    return pause(4_000);
  },
  (proxy) => {
    proxy.limitRate(between(20_000, 60_000));
    return pause(4_000);
  },
  (proxy) => {
    either(
      () => proxy.refuseUpgrades({ status: 403 }),
      () => proxy.swallowUpgrades(),
      () => proxy.silenceUpgrades(),
      () => proxy.handshakeOnly(either('silence', 'reset')),
      () => proxy.holdUpgrades(1_500),
    )();
    proxy.cut();
    return pause(between(1_000, 5_000));
  },
  (proxy) => {
    proxy.blockPolling(
      either<Parameters<FaultProxy['blockPolling']>[0]>('reset', 'swallow', { status: 502 }),
    );
    return pause(between(100, 3_000));
  },
];

/** Injects random faults until stopped, and ends without any fault. */
export async function injectFaults(proxy: FaultProxy, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await pause(between(500, 6_000));
    await either(...faults)(proxy);
    // Discards the recorded requests, of which an hour of polling has many.
    proxy.requests.length = 0;
    proxy.heal();
  }
}

/** The server's process, which is restarted again and again on the same port. */
export class ServerProcess {
  private child: ChildProcess | undefined;

  constructor(
    private readonly port: number,
    private readonly logFile: string,
  ) {}

  async start(): Promise<void> {
    const program = fileURLToPath(new URL('server.mjs', import.meta.url));
    this.child = fork(program, [String(this.port), this.logFile]);
    await once(this.child, 'message');
  }

  /** @param gracefully whether it may close its connections first */
  async stop(gracefully: boolean): Promise<void> {
    const { child } = this;
    if (!child) return;
    const ended = once(child, 'exit');
    if (gracefully) child.send('stop');
    else child.kill('SIGKILL');
    await ended;
  }

  /** Restarts the server at random until stopped; the server is running afterwards. */
  async restartRepeatedly(over: AbortSignal): Promise<void> {
    for (;;) {
      await pause(between(20_000, 40_000), undefined, { signal: over }).catch(() => {});
      if (over.aborted) return;
      counts.restarts += 1;
      await this.stop(Math.random() < 0.5);
      await pause(between(0, 2_000));
      await this.start();
    }
  }
}
