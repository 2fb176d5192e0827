import type { Environment, Network } from '../../generations/fixture.js';
import type { ServerName, Settings } from '../../generations/names.js';
import type { Command, EnvironmentHandle } from '../control.js';

/** An environment in the process that serves this page. */
export class RemoteEnvironment implements Environment {
  readonly url: string;
  readonly network: Network;

  static async open(server: ServerName): Promise<RemoteEnvironment> {
    return new RemoteEnvironment(server, (await send({ do: 'open', server })) as EnvironmentHandle);
  }

  private constructor(
    readonly server: ServerName,
    private readonly handle: EnvironmentHandle,
  ) {
    const { id, url } = handle;
    this.url = url;
    const call =
      (method: keyof Network) =>
      (...args: readonly unknown[]): Promise<never> =>
        send({ do: 'network', id, method, args }) as Promise<never>;
    this.network = {
      traffic: call('traffic'),
      untilOpen: call('untilOpen'),
      refuseUpgrades: call('refuseUpgrades'),
      swallowUpgrades: call('swallowUpgrades'),
      silenceAfterHandshake: call('silenceAfterHandshake'),
      blockPolling: call('blockPolling'),
      stall: call('stall'),
      blackhole: call('blackhole'),
      heal: call('heal'),
      cut: call('cut'),
      down: call('down'),
      up: call('up'),
    };
  }

  async withSettings(settings: Settings): Promise<RemoteEnvironment> {
    const handle = await send({ do: 'withSettings', id: this.handle.id, settings });
    return new RemoteEnvironment(this.server, handle as EnvironmentHandle);
  }

  async isolated(): Promise<RemoteEnvironment> {
    const handle = await send({ do: 'isolated', id: this.handle.id });
    return new RemoteEnvironment(this.server, handle as EnvironmentHandle);
  }

  async restart(): Promise<void> {
    await send({ do: 'restart', id: this.handle.id });
  }

  async close(): Promise<void> {
    await send({ do: 'close', id: this.handle.id });
  }
}

async function send(command: Command): Promise<unknown> {
  const response = await fetch('/control', { method: 'POST', body: JSON.stringify(command) });
  const { value, error } = (await response.json()) as { value?: unknown; error?: string };
  if (error !== undefined) throw new Error(error);
  return value;
}
