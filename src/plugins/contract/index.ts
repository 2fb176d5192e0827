/** @packageDocumentation Contracts: the events of both directions described once, with schemas that check them at run time and give them their types. */
import type { AnyPlugin } from '../../manager/plugin.js';
import { DEVELOPMENT } from '../../platform/build.js';
import { callAll, type Listener } from '../../platform/emitter.js';
import { HoldfastError } from '../../platform/errors.js';
import type { PluginEvents } from '../../platform/options.js';
import { warnOnce } from '../../platform/report.js';
import { checkEventName } from '../../socket/event-name.js';
import { disconnected } from '../../socket/failures.js';
import type { OutgoingEvent, SocketHooks } from '../../socket/hooks.js';
import type { Socket } from '../../socket/socket.js';
import {
  checkEvent,
  checkedAnswer,
  checkReply,
  cut,
  InOrder,
  InvalidError,
  isPromise,
  type Outcome,
  refusalOf,
  refused,
  schemaOf,
} from './check.js';
import type { EventSchemas, Received, Sent, SentErrorFirst } from './types.js';

export type { Issue, Refusal } from './check.js';
export { InvalidError } from './check.js';
export type {
  EventSchema,
  EventSchemas,
  Received,
  Schema,
  SchemaIssue,
  SchemaResult,
  Sent,
} from './types.js';

/** What a contract describes. */
export interface ContractDefinition<ToServer extends EventSchemas, FromServer extends EventSchemas> {
  /** The events that clients emit. */
  readonly toServer?: ToServer | undefined;
  /** The events that the server emits. */
  readonly fromServer?: FromServer | undefined;
  /**
   * Whether events are checked always, or in the development build alone; in production, the contract is types then, and schemas
   * transform nothing. @defaultValue "always"
   */
  readonly validate?: 'always' | 'development' | undefined;
}

/** A contract: a plugin for `io()`, and what `serve` of `holdfast/contract/server` takes. */
export interface Contract<ToServer extends EventSchemas, FromServer extends EventSchemas> extends AnyPlugin {
  readonly toServer: ToServer;
  readonly fromServer: FromServer;
  /** Never set: it carries the types of a socket's events. */
  readonly events?: PluginEvents<Received<FromServer>, Sent<ToServer>, SentErrorFirst<ToServer>> | undefined;
}

/** The socket of a contract: `useSocket<SocketOf<typeof chat>>()`. */
export type SocketOf<Of> =
  Of extends Contract<infer ToServer, infer FromServer>
    ? Socket<Received<FromServer>, Sent<ToServer>>
    : never;

let contracts = 0;

/**
 * Describes the events of both directions: `io(url, { plugins: [contract({ toServer, fromServer })] })`. The socket has their types, and they
 * are checked both ways. It concerns the sockets that were made with it, not others of the same connection.
 *
 * - An emit that does not match throws `INVALID` at the call.
 * - An event that comes in and does not match is withheld, and told by the socket's event `invalid`. Listeners get what schemas make of it.
 * - An acknowledgement that does not match rejects `emitWithAck`.
 */
export function contract<
  ToServer extends EventSchemas = Record<never, never>,
  FromServer extends EventSchemas = Record<never, never>,
>({
  toServer = {} as ToServer,
  fromServer = {} as FromServer,
  validate,
}: ContractDefinition<ToServer, FromServer> = {}): Contract<ToServer, FromServer> {
  for (const events of [toServer, fromServer])
    for (const [name, event] of Object.entries(events)) checkShape(name, event);
  const checking = DEVELOPMENT ? true : validate !== 'development';
  const self: Contract<ToServer, FromServer> = {
    // Each is one of its own: sockets of one connection may have different ones.
    name: `contract ${++contracts}`,
    toServer,
    fromServer,
    socket: (socket) =>
      // By its name: state libraries wrap objects.
      socket._options.plugins?.some(({ name }) => name === self.name)
        ? checking
          ? hooksOf(socket, toServer, fromServer)
          : { outgoing: ({ data }) => void cut(data) }
        : undefined,
  };
  return self;
}

/** An entry without schemas would accept everything. */
function checkShape(name: string, event: unknown): void {
  checkEventName(name);
  const { args = [], ack, ...others } = Object(event) as Record<string, unknown>;
  const schemas = Array.isArray(args) ? [...args, ...(ack ? [ack] : [])] : [undefined];
  if (Object.keys(others)[0] || !schemas.every((one) => one?.['~standard']))
    throw new HoldfastError(
      'BAD_OPTION',
      `contract: "${name}"${DEVELOPMENT ? '; accepted: { args: [schema, …], ack: schema }, with schemas of Standard Schema' : ''}`,
    );
}

function hooksOf(socket: Socket, toServer: EventSchemas, fromServer: EventSchemas): SocketHooks {
  const { _options } = socket;
  const answerPlace = _options.errorFirstAcks ? 1 : 0;
  const { clock } = socket.io._environment;
  const sending = new InOrder(clock);
  const receiving = new InOrder(clock);
  /** Counts the program's disconnects: events that waited at that time are not delivered. */
  let visits = 0;
  /** Counts how often the socket was disconnected for good: pending checks then end. */
  let ends = 0;

  /** Tells of what came from the server. */
  const complain = (error: InvalidError, message: readonly unknown[]): void => {
    const heard = socket.hasListeners('invalid' as never);
    socket._dispatch('invalid', error, message);
    if (!heard) warnOnce(`invalid ${error.event}`, `holdfast: from the server: ${error.message}`);
  };

  /** Checks the answer to an event before its callback gets it. */
  const checkAnswer = (event: OutgoingEvent, errorFirst: boolean): void => {
    const { callback, data } = event;
    const name = String(data[0]);
    if (!callback) return;
    const first = errorFirst ? 1 : 0;
    const place = first + answerPlace;
    event.callback = (...given) => {
      const tell = (...args: unknown[]): void => callAll(socket, [callback], args);
      const fail = (error: InvalidError): void => {
        if (errorFirst) tell(error);
        else complain(error, data);
      };
      // A refusal stands where the server's handlers would put an error.
      const at = given[first] ? first : place;
      if ((errorFirst && given[0]) || (at < place && !refused(name, given[at]))) tell(...given);
      else
        receiving.run(name, checkReply(name, schemaOf(toServer, name)?.ack, given[at]), (outcome) => {
          if (outcome instanceof InvalidError) fail(outcome);
          else {
            given[place] = outcome[0];
            tell(...given);
          }
        });
    };
  };

  /** Whether the callback of an event takes an error first. */
  const isErrorFirst = ({ awaited, flags }: OutgoingEvent): boolean =>
    awaited ||
    (!!_options.retries && !flags.volatile && !flags._again) ||
    (flags.timeout ?? flags.signal ?? _options.ackTimeout) !== undefined;

  /** Checks an event at whose end there may be an offset, also in the place of an argument that was left out. */
  const checkWithOffset = (event: readonly unknown[]): Outcome | Promise<Outcome> => {
    const whole = (): Outcome | Promise<Outcome> => checkEvent(fromServer, event);
    if (_options.hideOffset || !socket._hooks.some((hook) => hook._offsetOf?.(event))) return whole();
    const without = checkEvent(fromServer, event.slice(0, -1));
    const orWhole = (outcome: Outcome): Outcome | Promise<Outcome> =>
      outcome instanceof InvalidError ? whole() : outcome;
    return isPromise(without) ? (without as Promise<Outcome>).then(orWhole) : orWhole(without as Outcome);
  };

  const hooks: SocketHooks = {
    outgoing(event) {
      cut(event.data);
      // JSON turns the others into null, so that is what the server will check.
      const sent = socket.io.opts?.parser
        ? event.data
        : event.data.map((one) => (one === undefined ? null : one));
      const outcome = checkEvent(toServer, sent);
      if (outcome instanceof InvalidError) {
        // The caller sees it; an inspector would not.
        socket.io._show('event', socket, 'invalid', [outcome, event.data]);
        throw outcome;
      }
      const errorFirst = isErrorFirst(event);
      checkAnswer(event, errorFirst);
      // A volatile event that cannot leave now does not wait for its schemas.
      if (!sending.waits(outcome) || (event.flags.volatile && !socket.connected)) return false;
      const end = ends;
      sending.run(event.data[0], outcome, (result: Outcome) => {
        const { awaited, callback, data } = event;
        const fail = (error: Error): void => {
          if (callback && errorFirst) callAll(socket, [callback as Listener], [error]);
          else socket._dropped(error, data);
        };
        if (awaited && end !== ends) {
          fail(disconnected());
          return;
        }
        if (result instanceof InvalidError) {
          socket.io._show('event', socket, 'invalid', [result, data]);
          fail(result);
          return;
        }
        try {
          if (socket._taken(event, socket._hooks.indexOf(hooks))) return;
          if (event.flags._store) event.flags._store(event);
          else socket._sender._transmit(event);
        } catch (error) {
          fail(error as Error);
        }
      });
      return true;
    },
    incoming(event) {
      const visit = visits;
      const name = String(event[0]);
      const answer = event[event.length - 1];
      const ask = typeof answer === 'function' && event.length > 1 ? (answer as Listener) : undefined;
      const given = ask ? event.slice(0, -1) : event;
      // An event with an acknowledgement has none.
      const outcome = ask ? checkEvent(fromServer, given) : checkWithOffset(given);
      const finish = (result: Outcome): unknown[] | null => {
        if (result instanceof InvalidError) {
          complain(result, given);
          ask?.(refusalOf(result));
          return null;
        }
        const shown = [event[0], ...result];
        if (ask) {
          const bad = (error: InvalidError): void => {
            throw error;
          };
          shown.push(checkedAnswer(name, schemaOf(fromServer, name)?.ack, ask, bad));
        }
        return shown;
      };
      if (!receiving.waits(outcome)) return finish(outcome as Outcome);
      receiving.run(name, outcome, (result) => {
        const shown = visit === visits && finish(result);
        if (shown) socket._hear(shown);
      });
      // It counts as received: it will be heard in this page, or never.
      return null;
    },
    gaveUp(byHand) {
      ends++;
      if (byHand) visits++;
    },
  };
  return hooks;
}
