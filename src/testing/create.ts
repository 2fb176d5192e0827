/** Creates a test server, and an `io` whose connections all lead to it. */
import { createIo, type Io } from '../create-io.js';
import { Manager } from '../manager/manager.js';
import type { AnyPlugin } from '../manager/plugin.js';
import type { DefaultEventsMap, EventsMap } from '../platform/event-map.js';
import type { ManagerOptions, Options, SocketOptions } from '../platform/options.js';
import type { Received, Sent } from '../plugins/contract/types.js';
import { preset } from '../plugins/preset.js';
import type { ErrorFirstSocket, Socket } from '../socket/socket.js';
import { makeWorld, type TestClock } from './clock.js';
import { settingsOf, type TestServerOptions } from './options.js';
import { TestServer } from './server.js';
import { placeOf, transportClass, UNKNOWN_PLACE } from './transport.js';

/**
 * The events between a program and its server: two maps of functions, or of schemas as for `contract()` (`typeof chat`). `toServer` has the
 * events that clients emit, `fromServer` those that the server emits.
 */
export interface TestContract {
  readonly toServer: object;
  readonly fromServer: object;
}

/** Any events, if the test names none. */
export interface AnyContract {
  readonly toServer: DefaultEventsMap;
  readonly fromServer: DefaultEventsMap;
}

// biome-ignore lint/suspicious/noExplicitAny: an event may have any arguments
type AnyFunction = (...args: any[]) => any;

/** Function types are the same on both sides; with schemas, the sender gives the input type, and the listener gets the output type. */
type IsSchemas<Events> = Events extends EventsMap
  ? [Events[keyof Events]] extends [AnyFunction]
    ? false
    : true
  : false;

type Heard<Events> =
  IsSchemas<Events> extends true ? Received<Events> : Events extends EventsMap ? Events : DefaultEventsMap;
type Said<Events> =
  IsSchemas<Events> extends true ? Sent<Events> : Events extends EventsMap ? Events : DefaultEventsMap;

/** The events that clients emit, as handlers of the server get them. */
export type ToServer<Contract extends TestContract> = Heard<Contract['toServer']>;
/** The events that the server emits. */
export type FromServer<Contract extends TestContract> = Said<Contract['fromServer']>;
/** The socket of a client. */
type ClientSocket<Contract extends TestContract> = Socket<
  Heard<Contract['fromServer']>,
  Said<Contract['toServer']>
>;

/** An `io` that is connected to a test server, and typed by its contract. */
export interface TestIo<Contract extends TestContract> extends Omit<Io, 'io' | 'connect'> {
  /**
   * Connects to a namespace of the test server: `io()`, `io('/chat')`. A full address also leads to the test server.
   *
   * @throws HoldfastError `BAD_ADDRESS`, `BAD_OPTION`
   */
  (
    address: string | undefined,
    options: Options & { errorFirstAcks: true },
  ): ErrorFirstSocket<Heard<Contract['fromServer']>, Said<Contract['toServer']>>;
  (
    options: Options & { errorFirstAcks: true },
  ): ErrorFirstSocket<Heard<Contract['fromServer']>, Said<Contract['toServer']>>;
  (address?: string, options?: Options): ClientSocket<Contract>;
  (options?: Options): ClientSocket<Contract>;
  (address?: string, options?: Partial<ManagerOptions & SocketOptions>): ClientSocket<Contract>;
  readonly io: TestIo<Contract>;
  readonly connect: TestIo<Contract>;
}

/** Represents the page's own server, so that it is the same with and without a page. */
const ORIGIN = 'http://test.server';

/** The result of `createTestServer`. */
export interface TestBench<Contract extends TestContract, Data> {
  readonly server: TestServer<ToServer<Contract>, FromServer<Contract>, Data, Said<Contract['toServer']>>;
  /** The client's `io`: all its connections lead to the server. Managers are shared as in one page. */
  readonly io: TestIo<Contract>;
  readonly clock: TestClock;
  /** An `io` for another tab or another visitor: it shares no connection and no memory with the others. */
  tab(): TestIo<Contract>;
}

/**
 * Creates an in-memory Socket.IO server, without a port or a network. It runs in a page, in Node and in jsdom, and uses the real protocol.
 *
 * @typeParam Contract the events in both directions: `{ toServer: { note: (text: string) => void }; fromServer: { … } }`
 * @typeParam Data the type of `socket.data`
 * @throws HoldfastError `BAD_OPTION`
 */
export function createTestServer<
  Contract extends TestContract = AnyContract,
  // biome-ignore lint/suspicious/noExplicitAny: the program's own data, typed as in the official server
  Data = any,
>(options: TestServerOptions = {}): TestBench<Contract, Data> {
  const settings = settingsOf(options);
  const world = makeWorld(settings.manual, settings.seed);
  const server = new TestServer<ToServer<Contract>, FromServer<Contract>, Data, Said<Contract['toServer']>>(
    settings,
    world,
  );
  const managers = new Map<Manager, string>();
  server._connecting = () =>
    [...managers].flatMap(([{ status }, where]) =>
      /connecting|offline/.test(status) ? [`${status}, made at ${where}`] : [],
    );
  server._endClients = () => {
    for (const manager of managers.keys()) manager._close();
    managers.clear();
  };

  const tab = (): TestIo<Contract> => {
    const store = world.store();
    // Without the coach: tests cause on purpose what it warns about.
    const features = preset().filter(({ name }) => name !== 'coach');
    class TestManager<ListenEvents extends EventsMap, EmitEvents extends EventsMap> extends Manager<
      ListenEvents,
      EmitEvents
    > {
      constructor(uri?: string | Options, given: Options = {}) {
        const [address, own] = typeof uri === 'object' ? [undefined, uri] : [uri, given];
        const where = placeOf(new Error().stack) ?? UNKNOWN_PLACE;
        const transport = transportClass(server, { owner: made, where });
        super(
          address,
          {
            path: settings.path,
            ...own,
            transports: [transport],
            transportImplementations: undefined,
          },
          { ...world.environment, store: own.store ?? store, ...(own.signals && { signals: own.signals }) },
          features as readonly AnyPlugin[],
        );
        managers.set(this as unknown as Manager, where);
      }
    }
    const io = createIo(features, TestManager as unknown as typeof Manager);
    const lookup = (address?: unknown, given?: Options): unknown =>
      typeof address === 'string' || address instanceof URL
        ? io(`${address}`.replace(/^(?=[/?]|$)/, ORIGIN), given as never)
        : io(ORIGIN, (address ?? given) as never);
    const made: object = Object.assign(lookup, {
      Manager: io.Manager,
      Socket: io.Socket,
      protocol: io.protocol,
    });
    return Object.assign(made, { io: made, connect: made }) as unknown as TestIo<Contract>;
  };
  return { server, io: tab(), clock: world.clock, tab };
}
