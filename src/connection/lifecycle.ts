import type { Attempt } from '../platform/errors.js';
import type { Signal } from '../platform/signals.js';

/** The state of a connection, as a program sees it. */
export type Status = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'offline' | 'closed';

/** What is carried from attempt to attempt until the connection stands. */
interface Outage {
  /** Attempts since the connection was lost or first asked for; 0 is the very first one. */
  readonly attempt: number;
  /** The exponent of the next wait: attempts in a row without a stable connection. */
  readonly failures: number;
  /** When the connection was lost or first asked for. */
  readonly startedAtMs: number;
}

/** The one state of a connection. `epoch` counts the states: an answer to an earlier one is stale. */
export type State<Link> = { readonly epoch: number } & (
  | { readonly name: 'idle' }
  | ({
      readonly name: 'negotiating';
      /** Whether a failure of this attempt is final: its caller asked for one attempt. */
      readonly single: boolean;
      readonly sinceMs: number;
      /** Whether a change of the network has restarted this attempt: once is enough. */
      readonly restarted: boolean;
      /** Transports that opened in this attempt, and over which the server then did not answer. */
      readonly unresponsive: readonly Attempt[];
    } & Outage)
  | ({
      readonly name: 'connected';
      readonly link: Link;
      readonly sinceMs: number;
      readonly unresponsive: readonly Attempt[];
    } & Outage)
  | ({ readonly name: 'waiting'; readonly dueAtMs: number } & Outage)
  /** Waiting for the network, or for the page to return; tries anyway now and then, because a browser can be wrong. */
  | ({ readonly name: 'offline'; readonly dueAtMs: number } & Outage)
  | { readonly name: 'closed'; readonly reason: string }
);

/** What happens to a connection. Answers carry the epoch that they answer. */
export type Event<Link> = { readonly atMs: number } & (
  | { readonly type: 'open'; readonly single: boolean }
  | { readonly type: 'won'; readonly epoch: number; readonly link: Link }
  | { readonly type: 'exhausted'; readonly epoch: number; readonly error: Error }
  | { readonly type: 'lost'; readonly epoch: number; readonly reason: string; readonly details?: unknown }
  /** The server does not answer over this link, and another transport is left. */
  | { readonly type: 'unresponsive'; readonly epoch: number; readonly attempt: Attempt }
  | { readonly type: 'due'; readonly epoch: number }
  | { readonly type: 'signal'; readonly signal: Signal }
  /** The program has turned reconnection off while the connection waits for its next attempt. */
  | { readonly type: 'stop' }
  | { readonly type: 'close'; readonly reason: string }
);

/** What the manager's listeners are told, under the names of the manager's events. */
export type Notice =
  | readonly ['open']
  | readonly [event: 'close', reason: string, details: unknown]
  | readonly [event: 'error', error: Error]
  | readonly [event: 'reconnect_attempt', attempt: number]
  | readonly [event: 'reconnect_error', error: Error]
  | readonly [event: 'reconnect', attempt: number]
  | readonly ['reconnect_failed'];

/** What is to be done, in this order. Acting commands carry the epoch in which they were given. */
export type Command =
  | { readonly do: 'negotiate'; readonly epoch: number; readonly unresponsive: readonly Attempt[] }
  | { readonly do: 'wait'; readonly epoch: number; readonly delayMs: number }
  /** Ask the server whether the link still stands. */
  | { readonly do: 'verify'; readonly epoch: number }
  /** The network has changed: WebSocket may work now. */
  | { readonly do: 'improve'; readonly epoch: number }
  /** With an epoch, only if the state has not changed since. */
  | { readonly do: 'tell'; readonly notice: Notice; readonly epoch?: number };

/** What a wait is decided from. */
export interface RetryContext {
  /** The number of the coming attempt, from 1. */
  readonly attempt: number;
  /** Attempts in a row without a stable connection. */
  readonly failures: number;
  /** Whether the connection that was lost had proved stable. */
  readonly afterStable: boolean;
  /** Since the connection was lost or first asked for, in milliseconds. */
  readonly elapsedMs: number;
  /** Why the connection was lost or the last attempt failed. */
  readonly reason: string;
  readonly error: Error | undefined;
}

/** The settings that the machine decides by. */
export interface Rules {
  readonly reconnection: boolean;
  /** How many retries in a row before it gives up; `Infinity` for no limit. */
  readonly maxAttempts: number;
  /** Whether the browser believes that there is a network. */
  readonly online: boolean;
  /** How long to wait before the next attempt, in milliseconds; `null` to give up. */
  delayMs(context: RetryContext): number | null;
  /** How long to wait once the network is back: short, and spread. */
  wakeDelayMs(): number;
  /** How long to wait while the browser believes that there is no network; `Infinity` for as long as otherwise. */
  readonly offlineDelayMs: number;
}

export interface Step<Link> {
  readonly state: State<Link>;
  readonly commands: readonly Command[];
}

/** A connection that lived this long, in milliseconds, was not merely accepted and dropped again. */
export const STABLE_AFTER_MS = 5_000;

/** An attempt that has lasted this long, in milliseconds, hangs. */
const HANGING_AFTER_MS = 250;

const tell = (...notice: Notice): Command => ({ do: 'tell', notice });

/** The whole life of a connection: decides, and does nothing. */
export function next<Link>(state: State<Link>, event: Event<Link>, rules: Rules): Step<Link> {
  const stay: Step<Link> = { state, commands: [] };
  // The one place where an answer to an earlier state's question dies.
  if ('epoch' in event && event.epoch !== state.epoch) return stay;
  const epoch = state.epoch + 1;
  const { atMs } = event;

  const negotiate = (
    outage: Outage,
    first: Command[] = [],
    { single = false, restarted = false, unresponsive = [] as readonly Attempt[] } = {},
  ): Step<Link> => ({
    state: {
      name: 'negotiating',
      epoch,
      ...outageOf(outage),
      sinceMs: atMs,
      single,
      restarted,
      unresponsive,
    },
    commands: [...first, { do: 'negotiate', epoch, unresponsive }],
  });

  const wait = (
    name: 'waiting' | 'offline',
    outage: Outage,
    delayMs: number,
    first: Command[] = [],
  ): Step<Link> => ({
    state: { name, epoch, ...outageOf(outage), dueAtMs: atMs + delayMs },
    commands: [...first, { do: 'wait', epoch, delayMs }],
  });

  const close = (reason: string, ...commands: Command[]): Step<Link> => ({
    state: { name: 'closed', epoch, reason },
    commands,
  });

  /** After a loss or a failed attempt: waits for the next one, or gives up. */
  const retry = (outage: Outage, afterStable: boolean, reason: string, error?: Error): Step<Link> => {
    const { attempt, failures, startedAtMs } = outage;
    const elapsedMs = atMs - startedAtMs;
    const delayMs =
      attempt > rules.maxAttempts
        ? null
        : rules.delayMs({ attempt, failures, afterStable, elapsedMs, reason, error });
    if (delayMs === null) return close('reconnect_failed', tell('reconnect_failed'));
    const later = { attempt, startedAtMs, failures: afterStable ? 1 : failures + 1 };
    return rules.online ? wait('waiting', later, delayMs) : wait('offline', later, offlineDelayMs(delayMs));
  };

  const offlineDelayMs = (otherwiseMs: number): number =>
    rules.offlineDelayMs < Number.POSITIVE_INFINITY ? rules.offlineDelayMs : otherwiseMs;

  /** The page goes into the back/forward cache, or is gone: an open connection would keep it out, or die in there. */
  const store = (outage: Outage, first?: Command[]): Step<Link> =>
    wait('offline', outage, offlineDelayMs(5_000), first);

  switch (event.type) {
    case 'open': {
      if (state.name === 'negotiating' || state.name === 'connected') return stay;
      // Between two attempts the loop goes on, even if the program opens the connection in between.
      const between = state.name === 'waiting' || state.name === 'offline';
      const outage = between ? state : { attempt: 0, failures: 0, startedAtMs: atMs };
      return negotiate(outage, [], { single: event.single && !between });
    }

    case 'won': {
      if (state.name !== 'negotiating') return stay;
      const { attempt, unresponsive } = state;
      const { link } = event;
      return {
        state: { name: 'connected', epoch, ...outageOf(state), link, sinceMs: atMs, unresponsive },
        commands: [tell('open'), ...(attempt > 0 ? [{ ...tell('reconnect', attempt), epoch } as const] : [])],
      };
    }

    case 'exhausted': {
      if (state.name !== 'negotiating') return stay;
      const { error } = event;
      const step =
        rules.reconnection && !state.single
          ? retry({ ...state, attempt: state.attempt + 1 }, false, error.message, error)
          : close('failed');
      const failed = state.attempt > 0 ? [tell('reconnect_error', error)] : [];
      return { state: step.state, commands: [tell('error', error), ...step.commands, ...failed] };
    }

    case 'lost': {
      if (state.name !== 'connected') return stay;
      const { reason, details } = event;
      const lost = tell('close', reason, details);
      if (!rules.reconnection) return close(reason, lost);
      const stable = atMs - state.sinceMs >= STABLE_AFTER_MS;
      const step = retry({ attempt: 1, failures: state.failures, startedAtMs: atMs }, stable, reason);
      return { state: step.state, commands: [lost, ...step.commands] };
    }

    case 'unresponsive': {
      if (state.name !== 'connected') return stay;
      const { message } = event.attempt;
      const lost = tell('close', message === 'timeout' ? 'ping timeout' : message, undefined);
      // Its opening was announced already: this is a new attempt, not a retry.
      const unresponsive = [...state.unresponsive, event.attempt];
      return negotiate({ ...state, attempt: 0 }, [lost], { unresponsive });
    }

    case 'due':
      if (state.name !== 'waiting' && state.name !== 'offline') return stay;
      return negotiate(state, [tell('reconnect_attempt', state.attempt)]);

    case 'stop':
      return state.name === 'waiting' || state.name === 'offline' ? close('stopped') : stay;

    case 'signal':
      return afterSignal(event.signal);

    case 'close': {
      if (state.name === 'idle' || state.name === 'closed') return stay;
      return close(event.reason, tell('close', event.reason, undefined));
    }
  }

  function afterSignal(signal: Signal): Step<Link> {
    const leaves = signal === 'stored' || signal === 'left';
    const quiet = signal === 'leaving' || signal === 'hidden';
    if (quiet) return stay;
    switch (state.name) {
      case 'connected':
        if (leaves && rules.reconnection) {
          return store({ attempt: 1, failures: 0, startedAtMs: atMs }, [
            tell('close', 'transport close', undefined),
          ]);
        }
        return {
          state,
          commands: [
            { do: 'verify', epoch: state.epoch },
            ...(signal === 'moved' || signal === 'online'
              ? [{ do: 'improve', epoch: state.epoch } as const]
              : []),
          ],
        };
      case 'negotiating': {
        if (leaves && rules.reconnection) return store({ ...state, attempt: state.attempt + 1 });
        // The attempt began on the old network: restart it, but only once.
        const hangs = atMs - state.sinceMs >= HANGING_AFTER_MS;
        return hangs && !state.restarted && !leaves && signal !== 'offline'
          ? negotiate(state, [], { single: state.single, restarted: true })
          : stay;
      }
      case 'waiting':
      case 'offline': {
        const leftMs = Math.max(0, state.dueAtMs - atMs);
        if (signal === 'offline' || leaves) {
          return state.name === 'offline' ? stay : wait('offline', state, offlineDelayMs(leftMs));
        }
        return wait('waiting', state, Math.min(leftMs, rules.wakeDelayMs()));
      }
      default:
        return stay;
    }
  }
}

const outageOf = ({ attempt, failures, startedAtMs }: Outage): Outage => ({ attempt, failures, startedAtMs });

/** The public status is a function of the state, and of nothing else. */
export function statusOf<Link>(state: State<Link>): Status {
  switch (state.name) {
    case 'negotiating':
      return state.attempt > 0 ? 'reconnecting' : 'connecting';
    case 'waiting':
      return 'reconnecting';
    default:
      return state.name;
  }
}
