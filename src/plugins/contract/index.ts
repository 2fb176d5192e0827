/** @packageDocumentation Contracts: the events of both directions described once, with schemas that check them at run time and give them their types. */
import type { AnyPlugin } from '../../manager/plugin.js';
import { DEVELOPMENT } from '../../platform/build.js';
import { callAll, type Listener } from '../../platform/emitter.js';
import { HoldfastError } from '../../platform/errors.js';
import { warnOfUnknown } from '../../platform/misspelt.js';
import type { PluginEvents } from '../../platform/options.js';
import { warnOnce } from '../../platform/report.js';
import { checkEventName } from '../../socket/event-name.js';
import { disconnected } from '../../socket/failures.js';
import type { SocketHooks } from '../../socket/hooks.js';
import type { Socket } from '../../socket/socket.js';
import {
  ackOf,
  checkEvent,
  checkedAnswer,
  checkReply,
  cut,
  InOrder,
  InvalidError,
  isPromise,
  type Later,
  type Outcome,
  refusalOf,
  refused,
  whenKnown,
} from './check.js';
import type { EventSchemas, Received, Schema, Sent, SentErrorFirst } from './types.js';

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
>(definition: ContractDefinition<ToServer, FromServer> = {}): Contract<ToServer, FromServer> {
  const { toServer = {} as ToServer, fromServer = {} as FromServer, validate } = definition;
  if (DEVELOPMENT) warnOfUnknown('contract()', definition, 'toServer fromServer validate');
  for (const events of [toServer, fromServer])
    for (const [name, event] of Object.entries(events)) checkShape(name, event);
  const checking = DEVELOPMENT ? true : validate !== 'development';
  // Each is one of its own: sockets of one connection may have different ones.
  const name = `contract ${++contracts}`;
  return {
    name,
    toServer,
    fromServer,
    socket: (socket) =>
      // By its name: state libraries wrap objects.
      socket._options.plugins?.some((plugin) => plugin.name === name)
        ? checking
          ? hooksOf(socket, toServer, fromServer)
          : { outgoing: ({ data }) => void cut(data) }
        : undefined,
  };
}

/** An entry without schemas would accept everything. */
function checkShape(name: string, event: unknown): void {
  checkEventName(name);
  const { args = [], ack, ...others } = Object(event) as Record<string, unknown>;
  const isSchema = (one: unknown): unknown => (one as Schema | undefined)?.['~standard'];
  if (!Array.isArray(args) || !args.every(isSchema) || (ack && !isSchema(ack)) || Object.keys(others)[0])
    throw new HoldfastError(
      'BAD_OPTION',
      `contract: "${name}"${DEVELOPMENT ? '; accepted: { args: [schema, …], ack: schema }, with schemas of Standard Schema' : ''}`,
    );
}

function hooksOf(socket: Socket, toServer: EventSchemas, fromServer: EventSchemas): SocketHooks {
  const { io, _options } = socket;
  const { clock } = io._environment;
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

  /** Throws if an event must not be sent. */
  const permit = (outcome: Outcome, data: readonly unknown[]): void => {
    if (!(outcome instanceof InvalidError)) return;
    // The caller sees it; an inspector would not.
    io._show('event', socket, 'invalid', [outcome, data]);
    throw outcome;
  };

  /** Checks the answer to an event before its callback gets it. */
  const checkedCallback = (callback: Listener, data: readonly unknown[], errorFirst: boolean): Listener => {
    const [name] = data;
    const first = errorFirst ? 1 : 0;
    const { errorFirstAcks } = _options;
    const place = errorFirstAcks ? first + 1 : first;
    const tell = (args: readonly unknown[]): void => callAll(socket, [callback], args);
    return (...given) => {
      // It may be a refusal.
      const error = errorFirstAcks && given[first];
      if ((errorFirst && given[0]) || (error && !refused(name, error))) tell(given);
      else
        receiving._run(name, checkReply(name, ackOf(toServer, name), error || given[place]), (outcome) => {
          if (!(outcome instanceof InvalidError)) {
            given[place] = outcome[0];
            tell(given);
          } else if (errorFirst) tell([outcome]);
          else complain(outcome, data);
        });
    };
  };

  /** Checks an event at whose end there may be an offset, also in the place of an argument that was left out. */
  const checkWithOffset = (event: readonly unknown[]): Later<Outcome> => {
    const whole = (): Later<Outcome> => checkEvent(fromServer, event);
    if (_options.hideOffset || !socket._hooks.some((hook) => hook._offsetOf?.(event))) return whole();
    return whenKnown(checkEvent(fromServer, event.slice(0, -1)), (outcome) =>
      outcome instanceof InvalidError ? whole() : outcome,
    );
  };

  const hooks: SocketHooks = {
    outgoing(event) {
      const { awaited, data, flags } = event;
      cut(data);
      // JSON turns undefined into null, so that is what the server will check.
      const outcome = checkEvent(toServer, io.opts?.parser ? data : data.map((one) => one ?? null));
      if (!isPromise(outcome)) permit(outcome as Outcome, data);
      // With these, callbacks take an error first.
      const errorFirst =
        awaited ||
        (!!_options.retries && !flags.volatile && !flags._again) ||
        (flags.timeout ?? flags.signal ?? _options.ackTimeout) !== undefined;
      if (event.callback) event.callback = checkedCallback(event.callback, data, errorFirst);
      const { callback } = event;
      // A volatile event that cannot leave now does not wait for its schemas.
      if (!sending._waits(outcome) || (flags.volatile && !socket.connected)) return false;
      const end = ends;
      sending._run(data[0], outcome, (result) => {
        try {
          if (awaited && end !== ends) throw disconnected();
          permit(result, data);
          if (socket._taken(event, socket._hooks.indexOf(hooks))) return;
          if (flags._store) flags._store(event);
          else socket._sender._transmit(event);
        } catch (error) {
          if (callback && errorFirst) callback(error);
          else socket._dropped(error as Error, data);
        }
      });
      return true;
    },
    incoming(event) {
      const visit = visits;
      const [name] = event;
      const answer = event.at(-1);
      const ask = typeof answer === 'function' ? (answer as Listener) : undefined;
      const given = ask ? event.slice(0, -1) : event;
      // An event with an acknowledgement has none.
      const outcome = ask ? checkEvent(fromServer, given) : checkWithOffset(given);
      const finish = (result: Outcome): unknown[] | null => {
        if (result instanceof InvalidError) {
          complain(result, given);
          ask?.(refusalOf(result));
          return null;
        }
        const shown = [name, ...result];
        if (ask)
          shown.push(
            checkedAnswer(name, ackOf(fromServer, name), ask, (error) => {
              throw error;
            }),
          );
        return shown;
      };
      if (!receiving._waits(outcome)) return finish(outcome as Outcome);
      receiving._run(name, outcome, (result) => {
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
