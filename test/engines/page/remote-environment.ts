import type { Backstage, Network } from '../../generations/fixture.js';
import type { ServerName, Settings } from '../../generations/names.js';
import type { Command, Ticket } from '../control.js';

/** A backstage that is in the process which serves this page. */
export class RemoteBackstage implements Backstage {
  readonly url: string;
  readonly network: Network;

  static async open(server: ServerName): Promise<RemoteBackstage> {
    return new RemoteBackstage(server, (await ask({ do: 'open', server })) as Ticket);
  }

  private constructor(
    readonly server: ServerName,
    private readonly ticket: Ticket,
  ) {
    const { id, url } = ticket;
    this.url = url;
    const call =
      (method: keyof Network) =>
      (...args: readonly unknown[]): Promise<never> =>
        ask({ do: 'network', id, method, args }) as Promise<never>;
    this.network = {
      seen: call('seen'),
      untilOpen: call('untilOpen'),
      refuseUpgrades: call('refuseUpgrades'),
      swallowUpgrades: call('swallowUpgrades'),
      deafenUpgrades: call('deafenUpgrades'),
      blockPolling: call('blockPolling'),
      stall: call('stall'),
      strand: call('strand'),
      heal: call('heal'),
      cut: call('cut'),
      down: call('down'),
      up: call('up'),
    };
  }

  async with(settings: Settings): Promise<RemoteBackstage> {
    return this.#beside((await ask({ do: 'with', id: this.ticket.id, settings })) as Ticket);
  }

  async alone(): Promise<RemoteBackstage> {
    return this.#beside((await ask({ do: 'alone', id: this.ticket.id })) as Ticket);
  }

  async restart(): Promise<void> {
    await ask({ do: 'restart', id: this.ticket.id });
  }

  async close(): Promise<void> {
    await ask({ do: 'close', id: this.ticket.id });
  }

  #beside(ticket: Ticket): RemoteBackstage {
    return new RemoteBackstage(this.server, ticket);
  }
}

async function ask(command: Command): Promise<unknown> {
  const response = await fetch('/control', { method: 'POST', body: JSON.stringify(command) });
  const { value, error } = (await response.json()) as { value?: unknown; error?: string };
  if (error !== undefined) throw new Error(error);
  return value;
}
