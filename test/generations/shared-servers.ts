import type { SharedServer } from './local-environment.js';
import type { ServerName, Settings } from './names.js';
import { type Running, start } from './start-server.js';

/** The servers that tests share; each starts when a test first needs it. */
export class SharedServers {
  readonly #servers = new Map<string, Promise<SharedServer>>();
  readonly #running: Running[] = [];

  get(name: ServerName, settings: Settings = {}): Promise<SharedServer> {
    const key = `${name} ${JSON.stringify(settings)}`;
    const known = this.#servers.get(key);
    if (known) return known;
    const server = this.#start(name, settings);
    this.#servers.set(key, server);
    return server;
  }

  async #start(name: ServerName, settings: Settings): Promise<SharedServer> {
    const running = await start(name, settings);
    this.#running.push(running);
    return { name, running, withSettings: (others) => this.get(name, others) };
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#servers.values());
    await Promise.all(this.#running.map((running) => running.kill()));
  }
}
