/** @packageDocumentation The server's side of a contract: types for an unmodified socket.io server, and checks of what clients send. */
import type { Namespace, Server } from 'socket.io';
import { nothing, systemClock } from '../../platform/clock.js';
import { HoldfastError } from '../../platform/errors.js';
import type { EventsMap } from '../../platform/event-map.js';
import {
  ackOf,
  checkEvent,
  checkedAnswer,
  checkReply,
  cut,
  InOrder,
  InvalidError,
  refusalOf,
} from './check.js';
import type { Contract } from './index.js';
import type { EventSchemas, Received, ReceivedErrorFirst, Schema, Sent } from './types.js';

export type { Issue, Refusal } from './check.js';
export { InvalidError } from './check.js';

type Answer = (...answer: unknown[]) => void;

/** The members of a server's socket that are used. */
interface ServerSocket {
  use(middleware: (event: unknown[], next: (error?: Error) => void) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  emitWithAck(event: string, ...args: unknown[]): Promise<unknown>;
  readonly id: string;
  readonly nsp: object;
  readonly adapter: Adapter;
  readonly flags?: { readonly timeout?: number };
}

/** What broadcasts, and collects the answers of clients. */
interface Adapter {
  broadcast(packet: { readonly data?: unknown[] }, options: unknown): unknown;
  broadcastWithAck(
    packet: { readonly data: unknown[] },
    options: unknown,
    counted: unknown,
    answered: (answer: unknown) => void,
  ): void;
}

/** The members of a namespace that are used. */
interface Serving {
  use(middleware: (socket: ServerSocket, next: () => void) => void): unknown;
  prependListener(event: 'connect', listener: (socket: ServerSocket) => void): unknown;
  readonly sockets: ReadonlyMap<string, ServerSocket>;
  /** Those that a dynamic namespace has created. */
  readonly children?: ReadonlySet<Serving>;
}

/** The namespaces and sockets that have a contract. */
const served: WeakSet<object> = new WeakSet();

export interface ServeOptions {
  /**
   * Told of everything that does not match, for a log: what a client has sent, and what a handler of the server has answered. The client has
   * been told as well, where it waits for an answer.
   */
  readonly invalid?: ((error: InvalidError, socket: { readonly id: string }) => void) | undefined;
  /**
   * Handlers answer with an error first, or null, and the value behind it, as the option of clients of the same name expects: an error goes
   * through as it is, and the value is checked. @defaultValue false
   */
  readonly errorFirstAcks?: boolean | undefined;
}

/** The events of a contract as a server has them: `new Server<ToServer<typeof chat>, FromServer<typeof chat>>()`. */
export type ToServer<Of> = Of extends Contract<infer Events, EventSchemas> ? Received<Events> : never;
/** The events that a server emits. */
export type FromServer<Of> = Of extends Contract<EventSchemas, infer Events> ? Sent<Events> : never;

/**
 * Checks what clients send to a server or to one of its namespaces, and gives it the types of the contract. An event that does not match is
 * withheld: it is answered with `{ code: 'INVALID', message, issues }` where the client asks for an acknowledgement, and the connection lives
 * on. Handlers get what the schemas make of the arguments, and a function for the acknowledgement wherever the contract has one. An answer of
 * a handler that does not match reaches the client as the same error.
 *
 * Sockets that are connected already are checked from now on; so are sessions that connection state recovery brings back.
 *
 * @param io a server, which stands for its main namespace, or a namespace
 * @returns the same object
 * @throws HoldfastError `BAD_OPTION` if it has a contract already
 */
// biome-ignore-start lint/suspicious/noExplicitAny: the events that the server was declared with are replaced
export function serve<To extends EventSchemas, From extends EventSchemas, Between extends EventsMap, Data>(
  io: Server<any, any, Between, Data>,
  contract: Contract<To, From>,
  options: ServeOptions & { readonly errorFirstAcks: true },
): Server<ReceivedErrorFirst<To>, Sent<From>, Between, Data>;
export function serve<To extends EventSchemas, From extends EventSchemas, Between extends EventsMap, Data>(
  io: Namespace<any, any, Between, Data>,
  contract: Contract<To, From>,
  options: ServeOptions & { readonly errorFirstAcks: true },
): Namespace<ReceivedErrorFirst<To>, Sent<From>, Between, Data>;
export function serve<To extends EventSchemas, From extends EventSchemas, Between extends EventsMap, Data>(
  io: Server<any, any, Between, Data>,
  contract: Contract<To, From>,
  options?: ServeOptions,
): Server<Received<To>, Sent<From>, Between, Data>;
export function serve<To extends EventSchemas, From extends EventSchemas, Between extends EventsMap, Data>(
  io: Namespace<any, any, Between, Data>,
  contract: Contract<To, From>,
  options?: ServeOptions,
): Namespace<Received<To>, Sent<From>, Between, Data>;
// biome-ignore-end lint/suspicious/noExplicitAny: the same
export function serve(
  // biome-ignore lint/suspicious/noExplicitAny: a server or a namespace, as far as it is used here
  io: any,
  { toServer, fromServer }: Contract<EventSchemas, EventSchemas>,
  { invalid = nothing, errorFirstAcks = false }: ServeOptions = {},
): unknown {
  const clock = systemClock(false, true);
  const adapters = new WeakSet<Adapter>();

  /** What clients answer to a broadcast. A bad answer counts as none. */
  const checkBroadcasts = (adapter: Adapter): void => {
    const order = new InOrder(clock);
    const { broadcast, broadcastWithAck } = adapter;
    adapters.add(adapter);
    adapter.broadcast = (packet, options) => {
      // A program may send other packets than events.
      cut(packet.data ?? []);
      return broadcast.call(adapter, packet, options);
    };
    adapter.broadcastWithAck = (packet, options, counted, answered) => {
      const [name] = cut(packet.data);
      // Called with the socket as `this`, unless that is one of another node.
      function check(this: { readonly id: string } | undefined, answer: unknown): void {
        const from = { id: this?.id ?? '' };
        order._run(name, checkReply(name, ackOf(fromServer, name), answer), (outcome) => {
          if (outcome instanceof InvalidError) invalid(outcome, from);
          else answered(outcome[0]);
        });
      }
      broadcastWithAck.call(adapter, packet, options, counted, check);
    };
  };

  const checkSocket = (socket: ServerSocket): void => {
    if (served.has(socket)) return;
    served.add(socket).add(socket.nsp);
    if (!adapters.has(socket.adapter)) checkBroadcasts(socket.adapter);
    const order = new InOrder(clock);

    socket.use((event, pass) => {
      const [name] = event;
      const last = event[event.length - 1];
      const ask = typeof last === 'function' ? (last as Answer) : undefined;
      const refuse = (error: InvalidError): void => {
        invalid(error, socket);
        ask?.(refusalOf(error));
      };
      order._run(name, checkEvent(toServer, ask ? event.slice(0, -1) : event), (outcome) => {
        if (outcome instanceof InvalidError) {
          refuse(outcome);
          return;
        }
        const ack = ackOf(toServer, name);
        const answer = ask ?? nothing;
        const checked = checkedAnswer(name, ack, answer, refuse, Number(errorFirstAcks));
        // An error goes through as it is.
        const reply: Answer = (...given) =>
          errorFirstAcks && given[0] ? answer(...given) : checked(...given);
        // A handler that answers need not know whether the client has asked.
        event.splice(1, event.length - 1, ...outcome, ...(ask || ack ? [reply] : []));
        pass();
      });
    });

    // Answers of clients are checked like their events.
    const { emit, emitWithAck } = socket;
    let fail: typeof nothing | ((error: InvalidError) => void) = nothing;
    socket.emit = (name, ...args) => {
      const callback = cut(args)[args.length - 1];
      const failed = fail;
      if (typeof callback === 'function') {
        args.pop();
        const errorFirst = socket.flags?.timeout !== undefined;
        const schema = ackOf(fromServer, name);
        const reply = checkedReply(order, name, schema, callback as Answer, errorFirst, (error) => {
          invalid(error, socket);
          failed(error);
        });
        cut(args).push(reply);
      }
      return emit.call(socket, name, ...args);
    };
    // Without a timeout, its callback has no place for an error.
    socket.emitWithAck = (...event) =>
      new Promise((resolve, reject) => {
        fail = reject;
        emitWithAck.apply(socket, event).then(resolve, reject);
        fail = nothing;
      });
  };

  const checkNamespace = (namespace: Serving): void => {
    if (served.has(namespace)) throw new HoldfastError('BAD_OPTION', 'serve: the namespace has a contract');
    served.add(namespace);
    namespace.use((socket, next) => {
      checkSocket(socket);
      next();
    });
    // A recovered socket skips the middlewares. Its events arrive after this one at the earliest.
    namespace.prependListener('connect', checkSocket);
    namespace.sockets.forEach(checkSocket);
    // A dynamic namespace gives its later children what it has now.
    namespace.children?.forEach((child) => {
      if (!served.has(child)) checkNamespace(child);
    });
  };
  checkNamespace(io.of ? io.of('/') : io);
  return io;
}

/** A callback for a client's answer that gets it checked. Without an error as its first argument, it is not called for a bad one. */
function checkedReply(
  order: InOrder,
  name: unknown,
  schema: Schema | undefined,
  callback: Answer,
  errorFirst: boolean,
  invalid: (error: InvalidError) => void,
): Answer {
  const place = errorFirst ? 1 : 0;
  return (...given) => {
    if (errorFirst && given[0]) {
      callback(...given);
      return;
    }
    order._run(name, checkReply(name, schema, given[place]), (outcome) => {
      if (outcome instanceof InvalidError) {
        invalid(outcome);
        if (errorFirst) callback(outcome);
        return;
      }
      given[place] = outcome[0];
      callback(...given);
    });
  };
}
