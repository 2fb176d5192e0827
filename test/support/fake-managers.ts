import { afterEach, beforeEach } from 'vitest';
import { Manager } from '../../src/manager/manager.js';
import type { Plugin } from '../../src/manager/plugin.js';
import type { Options } from '../../src/platform/options.js';
import { preset } from '../../src/plugins/preset.js';
import type { Transport } from '../../src/session/transports/transport.js';
import type { Socket } from '../../src/socket/socket.js';
import { FakeEnvironment } from './fake-environment.js';
import { FakeNetwork, type FakeTransport, settled } from './fake-transports.js';

/** Managers in a fake environment, over transports that the test controls. */
export interface FakeManagers {
  readonly world: FakeEnvironment;
  readonly network: FakeNetwork;
  /** A manager over WebSocket, whose waits are not random. */
  make(options?: Options): Manager;
  /** The same for another address, or for one from the options. */
  makeAt(uri: string | undefined, options?: Options): Manager;
  /** The options for these transports, in this order. */
  over(...names: string[]): Options;
  /** The options for the library's own list of transports, each of them replaced by a fake one. */
  standard(): Options;
  /** A connected socket of `/`; the packets written for that are cleared. */
  joined(
    options?: Options,
    handshake?: object,
  ): Promise<{ manager: Manager; socket: Socket; below: FakeTransport }>;
}

/** Call it at the top of a test file; every test has a new environment. */
export function useManagers(): FakeManagers {
  let world: FakeEnvironment;
  let network: FakeNetwork;
  let managers: Manager[];

  beforeEach(() => {
    world = new FakeEnvironment();
    network = new FakeNetwork();
    managers = [];
  });

  afterEach(async () => {
    for (const manager of managers) {
      manager.reconnection(false);
      manager.off();
      manager.engine?.close();
    }
    await settled();
  });

  const over = (...names: string[]): Options => ({
    transports: names.map((name) => network.transport(name)),
  });

  const standard = (): Options => {
    const plugin: Plugin = {
      name: 'fake-transports',
      manager: () => ({
        transport(name, create) {
          const { opts } = create() as unknown as { opts: never };
          return new (network.transport(name))(opts) as Transport;
        },
      }),
    };
    return { transports: undefined, plugins: [plugin] };
  };

  const makeAt = (uri: string | undefined, options: Options = {}): Manager => {
    const settings = { ...over('websocket'), randomizationFactor: 0, ...options };
    // A plugin of the test, such as a coach whose requests it answers, replaces the library's own.
    const own = settings.plugins?.map(({ name }) => name) ?? [];
    const rest = preset().filter(({ name }) => !own.includes(name));
    const manager = new Manager(uri, settings, world, rest);
    managers.push(manager);
    return manager;
  };

  const make = (options?: Options): Manager => makeAt('http://host.test:3000', options);

  return {
    get world() {
      return world;
    },
    get network() {
      return network;
    },
    make,
    makeAt,
    over,
    standard,
    async joined(options, handshake) {
      const manager = make(options);
      const socket = manager.socket('/', options);
      await settled();
      const below = network.last;
      below.shakes(handshake);
      below.gives('message', '0{"sid":"a"}');
      await messages(below);
      return { manager, socket, below };
    },
  };
}

/** The Socket.IO messages written to a transport since the last call. */
export async function messages(transport: FakeTransport): Promise<string[]> {
  await settled();
  return transport.written
    .splice(0)
    .flatMap((packet) => (packet.startsWith('message:') ? [packet.slice('message:'.length)] : []));
}
