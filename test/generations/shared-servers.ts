import type { Host } from './local-environment.js';
import type { ServerName, Settings } from './names.js';
import { type Running, start } from './start-server.js';

/** The servers that the tests share, each started when the first one asks for it. */
export class Hosts {
  readonly #hosts = new Map<string, Promise<Host>>();
  readonly #running: Running[] = [];

  of(name: ServerName, settings: Settings = {}): Promise<Host> {
    const key = `${name} ${JSON.stringify(settings)}`;
    const known = this.#hosts.get(key);
    if (known) return known;
    const host = this.#start(name, settings);
    this.#hosts.set(key, host);
    return host;
  }

  async #start(name: ServerName, settings: Settings): Promise<Host> {
    const running = await start(name, settings);
    this.#running.push(running);
    return { name, running, shared: (others) => this.of(name, others) };
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#hosts.values());
    await Promise.all(this.#running.map((running) => running.kill()));
  }
}
