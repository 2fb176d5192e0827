import type { AnyPlugin } from '../../src/manager/plugin.js';
import { createOutbox } from '../../src/plugins/durable/outbox.js';
import type { DurableOptions, DurableOutbox } from '../../src/plugins/durable/types.js';
import type { Socket } from '../../src/socket/socket.js';
import type { SimulatedBrowser, SimulatedTab } from './simulated-disk.js';
import { idleSocket, type Wire, type WiredOptions } from './wired-socket.js';

/** A tab with a durable outbox over a simulated database, a simulated network, and a server that the test controls. */

export interface Asked {
  readonly id: string;
  readonly item: string;
  readonly key: string;
}

/** Runs everything that needs no time. */
export async function settle(...tabs: readonly DurableTab[]): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    for (const { wire } of tabs) wire.clock.settle();
  }
}

export class DurableTab {
  readonly disk: SimulatedTab;
  readonly outbox: DurableOutbox;
  readonly socket: Socket;
  readonly wire: Wire;
  readonly errors: string[] = [];

  constructor(
    browser: SimulatedBrowser,
    options: Partial<DurableOptions> = {},
    wired: WiredOptions = {},
    plugins = (outbox: DurableOutbox): readonly AnyPlugin[] => [outbox],
  ) {
    this.disk = browser.tab();
    this.outbox = createOutbox({ name: 'app', owner: 'ann', ...options }, this.disk);
    this.outbox.onError(({ code }) => this.errors.push(code));
    const { socket, wire } = idleSocket({ ...wired, plugins: plugins(this.outbox) });
    this.socket = socket;
    this.wire = wire;
    socket.connect();
  }

  emit(item: unknown): Promise<unknown> {
    return this.outbox.emitWithAck(this.socket, 'order', item);
  }

  /** The same, as text: the answer, or the code of the error. */
  outcome(item: unknown): Promise<unknown> {
    return this.emit(item).catch(({ code, maybeDelivered }) => (maybeDelivered ? `${code}, maybe` : code));
  }

  async connect(): Promise<void> {
    this.wire.linkUp();
    this.wire.accept();
    await settle(this);
  }

  async cut(): Promise<void> {
    this.wire.linkDown();
    await settle(this);
  }

  /** The events sent since the last call. */
  asked(): Asked[] {
    return this.wire.sent().flatMap((text) => {
      const [, id, json] = /^2(\d+)(\[.*)$/.exec(text) ?? [];
      if (!id || !json) return [];
      const [, item, { idempotencyKey: key }] = JSON.parse(json);
      return [{ id, item, key }];
    });
  }

  items(): string[] {
    return this.asked().map(({ item }) => item);
  }

  async answer(
    asked: readonly Asked[],
    answer: (asked: Asked) => unknown = ({ item }) => `${item}!`,
  ): Promise<void> {
    for (const one of asked) this.wire.receive(`3${one.id}${JSON.stringify([answer(one)])}`);
    await settle(this);
  }
}
