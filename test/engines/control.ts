import type { Network } from '../generations/fixture.js';
import { LocalEnvironment } from '../generations/local-environment.js';
import type { ServerName, Settings } from '../generations/names.js';
import { SharedServers } from '../generations/shared-servers.js';

/** The commands that a page sends to the process with the servers and networks. */
export type Command =
  | { readonly do: 'open'; readonly server: ServerName }
  | { readonly do: 'withSettings'; readonly id: number; readonly settings: Settings }
  | { readonly do: 'isolated' | 'restart' | 'close'; readonly id: number }
  | {
      readonly do: 'network';
      readonly id: number;
      readonly method: keyof Network;
      readonly args: readonly unknown[];
    };

/** Identifies an environment of the other process. */
export interface EnvironmentHandle {
  readonly id: number;
  readonly url: string;
}

/** Runs the commands of all pages on their environments. */
export class Control {
  readonly #servers = new SharedServers();
  readonly #environments = new Map<number, LocalEnvironment>();
  #last = 0;

  async execute(command: Command): Promise<unknown> {
    if (command.do === 'open')
      return this.#add(await LocalEnvironment.open(await this.#servers.get(command.server)));
    const environment = this.#environments.get(command.id);
    if (!environment) throw new Error(`There is no environment ${command.id}.`);
    switch (command.do) {
      case 'withSettings':
        return this.#add(await environment.withSettings(command.settings));
      case 'isolated':
        return this.#add(await environment.isolated());
      case 'restart':
        return environment.restart();
      case 'close':
        this.#environments.delete(command.id);
        return environment.close();
      case 'network':
        return (environment.network[command.method] as (...args: readonly unknown[]) => unknown)(
          ...command.args,
        );
    }
  }

  async stop(): Promise<void> {
    for (const environment of this.#environments.values()) await environment.close();
    await this.#servers.stop();
  }

  #add(environment: LocalEnvironment): EnvironmentHandle {
    const id = ++this.#last;
    this.#environments.set(id, environment);
    return { id, url: environment.url };
  }
}
