import type { Attempt } from '../platform/errors.js';
import type { Signal } from '../platform/signals.js';

/** What the program may know of a connection. */
export type Status = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'offline' | 'closed';

/** What goes along from try to try until the connection stands. */
interface Outage {
  /** Tries since the connection was lost or first asked for; 0 is the first try of all. */
  readonly attempt: number;
  /** The exponent of the next wait: tries in a row without a stable connection. */
  readonly failures: number;
  /** When the connection was lost or first asked for. */
  readonly startedAtMs: number;
}

/** The one state of a connection. `epoch` counts the states: what belongs to an earlier one is stale. */
export type State<Link> = { readonly epoch: number } & (
  | { readonly name: 'idle' }
  | ({
      readonly name: 'negotiating';
      /** Whether a failure of this very try is final: its caller asked for one try. */
      readonly single: boolean;
      readonly sinceMs: number;
      /** Transports that opened in this try, and over which the server then did not answer. */
      readonly deaf: readonly Attempt[];
    } & Outage)
  | ({
      readonly name: 'connected';
      readonly link: Link;
      readonly sinceMs: number;
      readonly deaf: readonly Attempt[];
    } & Outage)
  | ({ readonly name: 'waiting'; readonly dueAtMs: number } & Outage)
  /** Waiting for the network, or for the page to come back; looks again, rarely, because a browser can be wrong. */
  | ({ readonly name: 'offline'; readonly dueAtMs: number } & Outage)
  | { readonly name: 'closed'; readonly reason: string }
);

/** What happens to a connection. Those that answer something carry the epoch that they answer. */
export type Event<Link> = { readonly atMs: number } & (
  | { readonly type: 'open'; readonly single: boolean }
  | { readonly type: 'won'; readonly epoch: number; readonly link: Link }
  | { readonly type: 'exhausted'; readonly epoch: number; readonly error: Error }
  | { readonly type: 'lost'; readonly epoch: number; readonly reason: string; readonly details?: unknown }
  /** The server does not answer over this link, and another transport is left. */
  | { readonly type: 'deaf'; readonly epoch: number; readonly attempt: Attempt }
  | { readonly type: 'due'; readonly epoch: number }
  | { readonly type: 'signal'; readonly signal: Signal }
  | { readonly type: 'close'; readonly reason: string }
);

/** What the program is told. */
export type Notice =
  | { readonly type: 'opened' }
  | { readonly type: 'lost'; readonly reason: string; readonly details?: unknown }
  | { readonly type: 'failed'; readonly error: Error }
  | { readonly type: 'retrying'; readonly attempt: number }
  | { readonly type: 'retryFailed'; readonly error: Error }
  | { readonly type: 'reconnected'; readonly attempt: number }
  | { readonly type: 'gaveUp' };

/** What is to be done, in this order. Acting commands carry the epoch in which they were given. */
export type Command =
  | { readonly do: 'negotiate'; readonly epoch: number; readonly deaf: readonly Attempt[] }
  | { readonly do: 'wait'; readonly epoch: number; readonly delayMs: number }
  /** Ask the server whether the link still stands. */
  | { readonly do: 'verify'; readonly epoch: number }
  /** The network is another one: WebSocket may work now. */
  | { readonly do: 'improve'; readonly epoch: number }
  /** With an epoch, only where nothing has changed since. */
  | { readonly do: 'tell'; readonly notice: Notice; readonly epoch?: number };

/** What a wait is decided from. */
export interface RetryContext {
  /** The number of the coming try, from 1. */
  readonly attempt: number;
  /** Tries in a row without a stable connection. */
  readonly failures: number;
  /** Whether the connection that was lost had proved stable. */
  readonly afterStable: boolean;
  /** Since the connection was lost or first asked for, in milliseconds. */
  readonly elapsedMs: number;
  /** Why the connection was lost or the last try failed. */
  readonly reason: string;
  readonly error: Error | undefined;
}

/** The part of the settings that the machine decides by. */
export interface Rules {
  readonly reconnection: boolean;
  /** How many retries in a row, before it gives up; `Infinity` for no limit. */
  readonly maxAttempts: number;
  /** Whether the browser believes that there is a network. */
  readonly online: boolean;
  /** How long to wait before the next try, in milliseconds; `null` to give up. */
  delayMs(context: RetryContext): number | null;
  /** How long to wait after a sign of the network's return: short, and spread. */
  wakeDelayMs(): number;
  /** How often to look again while the browser believes that there is no network. */
  readonly offlineDelayMs: number;
}

export interface Step<Link> {
  readonly state: State<Link>;
  readonly commands: readonly Command[];
}

/** A connection that lived this long had not merely been let in to be thrown out again. */
export const STABLE_AFTER_MS = 5_000;

/** A try that has lasted this long, in milliseconds, hangs. */
const HANGING_AFTER_MS = 250;

const tell = (notice: Notice): Command => ({ do: 'tell', notice });

/** The whole life of a connection: decides, and does nothing. */
export function next<Link>(state: State<Link>, event: Event<Link>, rules: Rules): Step<Link> {
  const stay: Step<Link> = { state, commands: [] };
  // The one place where an answer to an earlier state's question dies.
  if ('epoch' in event && event.epoch !== state.epoch) return stay;
  const epoch = state.epoch + 1;
  const { atMs } = event;

  const negotiate = (
    outage: Outage,
    single: boolean,
    deaf: readonly Attempt[],
    first: Command[],
  ): Step<Link> => ({
    state: { name: 'negotiating', epoch, ...outageOf(outage), sinceMs: atMs, single, deaf },
    commands: [...first, { do: 'negotiate', epoch, deaf }],
  });

  const wait = (name: 'waiting' | 'offline', outage: Outage, delayMs: number): Step<Link> => ({
    state: { name, epoch, ...outageOf(outage), dueAtMs: atMs + delayMs },
    commands: [{ do: 'wait', epoch, delayMs }],
  });

  /** After a loss or a failed try: wait for the next one, or give up. */
  const retry = (outage: Outage, afterStable: boolean, reason: string, error?: Error): Step<Link> => {
    const { attempt, failures, startedAtMs } = outage;
    const elapsedMs = atMs - startedAtMs;
    const delayMs =
      attempt > rules.maxAttempts
        ? null
        : rules.delayMs({ attempt, failures, afterStable, elapsedMs, reason, error });
    if (delayMs === null) {
      return {
        state: { name: 'closed', epoch, reason: 'reconnect_failed' },
        commands: [tell({ type: 'gaveUp' })],
      };
    }
    const later = { attempt, startedAtMs, failures: afterStable ? 1 : failures + 1 };
    return rules.online ? wait('waiting', later, delayMs) : wait('offline', later, rules.offlineDelayMs);
  };

  switch (event.type) {
    case 'open': {
      if (state.name === 'negotiating' || state.name === 'connected') return stay;
      const between = state.name === 'waiting' || state.name === 'offline';
      const outage = between ? state : { attempt: 0, failures: 0, startedAtMs: atMs };
      // Between two tries the loop goes on, whoever asks for one in between.
      return negotiate(outage, event.single && !between, [], []);
    }

    case 'won': {
      if (state.name !== 'negotiating') return stay;
      const { attempt, deaf } = state;
      return {
        state: { name: 'connected', epoch, ...outageOf(state), link: event.link, sinceMs: atMs, deaf },
        commands: [
          tell({ type: 'opened' }),
          ...(attempt > 0 ? [{ ...tell({ type: 'reconnected', attempt }), epoch }] : []),
        ],
      };
    }

    case 'exhausted': {
      if (state.name !== 'negotiating') return stay;
      const { error } = event;
      const step: Step<Link> =
        rules.reconnection && !state.single
          ? // Looking whether the network is back is no attempt.
            retry(
              { ...state, attempt: state.attempt + (rules.online || state.attempt === 0 ? 1 : 0) },
              false,
              error.message,
              error,
            )
          : { state: { name: 'closed', epoch, reason: 'failed' }, commands: [] };
      return {
        state: step.state,
        commands: [
          tell({ type: 'failed', error }),
          ...step.commands,
          ...(state.attempt > 0 ? [tell({ type: 'retryFailed', error })] : []),
        ],
      };
    }

    case 'lost': {
      if (state.name !== 'connected') return stay;
      const { reason, details } = event;
      const lost = tell({ type: 'lost', reason, details });
      if (!rules.reconnection) return { state: { name: 'closed', epoch, reason }, commands: [lost] };
      const stable = atMs - state.sinceMs >= STABLE_AFTER_MS;
      const step = retry({ attempt: 1, failures: state.failures, startedAtMs: atMs }, stable, reason);
      return { state: step.state, commands: [lost, ...step.commands] };
    }

    case 'deaf': {
      if (state.name !== 'connected') return stay;
      const { message } = event.attempt;
      const lost = tell({ type: 'lost', reason: message === 'timeout' ? 'ping timeout' : message });
      // That it opened was told already: this is a new try, and not a retry.
      return negotiate({ ...state, attempt: 0 }, false, [...state.deaf, event.attempt], [lost]);
    }

    case 'due': {
      if (state.name !== 'waiting' && state.name !== 'offline') return stay;
      return negotiate(state, false, [], [tell({ type: 'retrying', attempt: state.attempt })]);
    }

    case 'signal':
      return afterSignal(event.signal);

    case 'close': {
      if (state.name === 'idle' || state.name === 'closed') return stay;
      const { reason } = event;
      return { state: { name: 'closed', epoch, reason }, commands: [tell({ type: 'lost', reason })] };
    }
  }

  function afterSignal(signal: Signal): Step<Link> {
    switch (state.name) {
      case 'connected':
        if (signal === 'stored' && rules.reconnection) {
          // An open connection would keep the page out of the back/forward cache, or die in there.
          const step = wait('offline', { attempt: 1, failures: 0, startedAtMs: atMs }, rules.offlineDelayMs);
          return { ...step, commands: [tell({ type: 'lost', reason: 'transport close' }), ...step.commands] };
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
      case 'negotiating':
        if (signal === 'stored' && rules.reconnection) {
          return wait('offline', { ...state, attempt: state.attempt + 1 }, rules.offlineDelayMs);
        }
        // A try that hangs in the network that was: it starts anew in the one that is.
        return signal !== 'offline' && signal !== 'stored' && atMs - state.sinceMs >= HANGING_AFTER_MS
          ? negotiate(state, state.single, [], [])
          : stay;
      case 'waiting':
      case 'offline': {
        if (signal === 'offline' || signal === 'stored') {
          return state.name === 'offline' ? stay : wait('offline', state, rules.offlineDelayMs);
        }
        return wait('waiting', state, Math.min(Math.max(0, state.dueAtMs - atMs), rules.wakeDelayMs()));
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
