import type { Network } from '../generations/fixture.js';
import { LocalBackstage } from '../generations/local-environment.js';
import type { ServerName, Settings } from '../generations/names.js';
import { Hosts } from '../generations/shared-servers.js';

/** What a page asks of the process in which servers and networks are. */
export type Command =
  | { readonly do: 'open'; readonly server: ServerName }
  | { readonly do: 'with'; readonly id: number; readonly settings: Settings }
  | { readonly do: 'alone' | 'restart' | 'close'; readonly id: number }
  | {
      readonly do: 'network';
      readonly id: number;
      readonly method: keyof Network;
      readonly args: readonly unknown[];
    };

/** Enough to find a backstage of the other process again. */
export interface Ticket {
  readonly id: number;
  readonly url: string;
}

/** The backstages of all pages. */
export class Control {
  readonly #hosts = new Hosts();
  readonly #backstages = new Map<number, LocalBackstage>();
  #last = 0;

  async obey(command: Command): Promise<unknown> {
    if (command.do === 'open')
      return this.#keep(await LocalBackstage.over(await this.#hosts.of(command.server)));
    const backstage = this.#backstages.get(command.id);
    if (!backstage) throw new Error(`There is no backstage ${command.id}.`);
    switch (command.do) {
      case 'with':
        return this.#keep(await backstage.with(command.settings));
      case 'alone':
        return this.#keep(await backstage.alone());
      case 'restart':
        return backstage.restart();
      case 'close':
        this.#backstages.delete(command.id);
        return backstage.close();
      case 'network':
        return (backstage.network[command.method] as (...args: readonly unknown[]) => unknown)(
          ...command.args,
        );
    }
  }

  async stop(): Promise<void> {
    for (const backstage of this.#backstages.values()) await backstage.close();
    await this.#hosts.stop();
  }

  #keep(backstage: LocalBackstage): Ticket {
    const id = ++this.#last;
    this.#backstages.set(id, backstage);
    return { id, url: backstage.url };
  }
}
