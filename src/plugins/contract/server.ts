/** @packageDocumentation The server's side of a contract: types for an unmodified socket.io server, and checks of what clients send. */
import type { Namespace, Server } from 'socket.io';
import { nothing } from '../../platform/clock.js';
import type { EventsMap } from '../../platform/event-map.js';
import {
  checkAck,
  checkEvent,
  checkedAnswer,
  InOrder,
  InvalidError,
  refusalOf,
  refused,
  schemaOf,
} from './check.js';
import type { Contract } from './index.js';
import type { EventSchemas, Received, Sent } from './types.js';

export type { Issue, Refusal } from './check.js';
export { InvalidError } from './check.js';

type Answer = (...answer: unknown[]) => void;

/** What is used of a socket of the server. */
interface ServerSocket {
  use(middleware: (event: unknown[], next: (error?: Error) => void) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  readonly id: string;
  readonly flags?: { readonly timeout?: number };
}

/** What is used of a server, or of one of its namespaces. */
interface Serving {
  use(middleware: (socket: ServerSocket, next: () => void) => void): unknown;
}

export interface ServeOptions {
  /**
   * Told of everything that does not match, for a log: what a client has sent, and what a handler of the server has answered. The client has
   * been told as well, where it waits for an answer.
   */
  readonly invalid?: ((error: InvalidError, socket: { readonly id: string }) => void) | undefined;
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
 * Call it before clients connect.
 *
 * @param io a server, which stands for its main namespace, or a namespace
 * @returns the same object
 */
// biome-ignore-start lint/suspicious/noExplicitAny: the events that the server was declared with are replaced
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
  { invalid = nothing }: ServeOptions = {},
): unknown {
  (io as Serving).use((socket: ServerSocket, next) => {
    const order = new InOrder();

    socket.use((event, pass) => {
      const name = String(event[0]);
      const last = event[event.length - 1];
      const ask = typeof last === 'function' ? (last as Answer) : undefined;
      const refuse = (error: InvalidError): void => {
        invalid(error, socket);
        ask?.(refusalOf(error));
      };
      order.run(checkEvent(toServer, ask ? event.slice(0, -1) : event), (outcome) => {
        if (outcome instanceof InvalidError) {
          refuse(outcome);
          return;
        }
        const ack = schemaOf(toServer, name)?.ack;
        // A handler that answers need not know whether the client has asked.
        const answers = ask || ack ? [checkedAnswer(name, ack, ask ?? nothing, refuse)] : [];
        event.splice(1, event.length - 1, ...outcome, ...answers);
        pass();
      });
    });

    // What clients answer is what they send, too.
    const { emit } = socket;
    socket.emit = (name, ...args) => {
      const schema = schemaOf(fromServer, name)?.ack;
      const callback = args[args.length - 1];
      if (schema && typeof callback === 'function') {
        const errorFirst = socket.flags?.timeout !== undefined;
        args[args.length - 1] = checkedReply(name, schema, callback as Answer, errorFirst, (error) =>
          invalid(error, socket),
        );
      }
      return emit.call(socket, name, ...args);
    };
    next();
  });
  return io;
}

/** A callback for a client's answer that gets it checked. Without an error as its first argument, it is not called for a bad one. */
function checkedReply(
  name: string,
  schema: Parameters<typeof checkAck>[1],
  callback: Answer,
  errorFirst: boolean,
  invalid: (error: InvalidError) => void,
): Answer {
  const place = errorFirst ? 1 : 0;
  const order = new InOrder();
  return (...given) => {
    if (errorFirst && given[0]) {
      callback(...given);
      return;
    }
    order.run(refused(name, given[place]) ?? checkAck(name, schema, given[place]), (outcome) => {
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
