/** The lifecycle of a connection as a state machine: pure decisions, without side effects. */

/** The state of a connection, as a program sees it. */
export type Status = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'offline' | 'closed';

/** Carried from attempt to attempt until the connection is open. */
interface Outage {
  /** Attempts since the connection was lost or first requested; 0 is the very first one. */
  readonly attempt: number;
  /** The exponent of the next delay: attempts in a row without a stable connection. */
  readonly failures: number;
  /** When the connection was lost or first requested. */
  readonly startedAtMs: number;
}

interface Negotiating {
  readonly name: 'negotiating';
  readonly outage: Outage;
  readonly sinceMs: number;
  /** Whether a failure of this attempt is final: its caller requested one attempt. */
  readonly single: boolean;
  /** Whether a network change has restarted this attempt: once is enough. */
  readonly restarted: boolean;
}

/** The one state of a connection. `epoch` counts the states: an answer to an earlier one is stale. */
export type State<Link> = { readonly epoch: number } & (
  | { readonly name: 'idle' }
  | Negotiating
  | {
      readonly name: 'connected';
      readonly outage: Outage;
      readonly sinceMs: number;
      readonly link: Link;
    }
  /**
   * Between two attempts; `offline` waits for the network, or for the page to return, but retries occasionally, because a browser can be
   * wrong.
   */
  | { readonly name: 'waiting' | 'offline'; readonly outage: Outage; readonly dueAtMs: number }
  | { readonly name: 'closed'; readonly reason: string }
);

/** The states of a connection that is wanted. */
export type Wanted<Link> = Extract<State<Link>, { readonly outage: Outage }>;

/** The inputs and outputs of a decision. */
export interface Steps<Link> {
  readonly atMs: number;
  readonly rules: Rules;
  tell(...notice: Notice | Request): void;
  negotiate(outage: Outage, how?: Partial<Pick<Negotiating, 'single' | 'restarted'>>): State<Link>;
  /** @param online whether the network and the page are there; if not, the delay is the longest one */
  wait(outage: Outage, delayMs: number, online?: boolean): State<Link>;
}

/** The events of a connection. Answers carry the epoch that they answer. */
export type Event<Link> = { readonly atMs: number } & (
  | { readonly type: 'open'; readonly single: boolean }
  | { readonly type: 'won'; readonly epoch: number; readonly link: Link }
  | { readonly type: 'exhausted'; readonly epoch: number; readonly error: Error }
  | { readonly type: 'lost'; readonly epoch: number; readonly reason: string; readonly details?: unknown }
  | { readonly type: 'due'; readonly epoch: number }
  /** A plugin decides what happens next. */
  | { readonly type: 'plugin'; react(state: Wanted<Link>, steps: Steps<Link>): State<Link> }
  /** The program has turned reconnection off while the connection waits for its next attempt. */
  | { readonly type: 'stop' }
  | { readonly type: 'close'; readonly reason: string }
);

/** Notifications for the manager's listeners, under the names of the manager's events. */
export type Notice =
  | readonly ['open']
  | readonly [event: 'close', reason: string, details: unknown]
  | readonly [event: 'error', error: Error]
  | readonly [event: 'reconnect_attempt', attempt: number]
  | readonly [event: 'reconnect_error', error: Error]
  | readonly [event: 'reconnect', attempt: number]
  | readonly ['reconnect_failed'];

/** Questions to optional features: whether the link is still alive; whether a better transport works on the new network. */
export type Request = readonly ['doubt'] | readonly ['improve'];

/** The inputs of a delay. */
export interface RetryContext {
  /** The number of the coming attempt, from 1. */
  readonly attempt: number;
  /** Attempts in a row without a stable connection. */
  readonly failures: number;
  /** Whether the lost connection had proved stable. */
  readonly afterStable: boolean;
  /** The time since the connection was lost or first requested, in milliseconds. */
  readonly elapsedMs: number;
  /** Why the connection was lost or the last attempt failed. */
  readonly reason: string;
  readonly error: Error | undefined;
}

/** The settings of the machine. */
export interface Rules {
  readonly reconnection: boolean;
  /** How many retries in a row before it gives up; `Infinity` for no limit. */
  readonly maxAttempts: number;
  /** Whether the browser believes that there is a network. */
  readonly online: boolean;
  /** How long to wait before the next attempt, in milliseconds; `null` to give up. */
  delayMs(context: RetryContext): number | null;
  /** The delay once the network is back: short and random. */
  wakeDelayMs(): number;
  /** The delay while the browser believes that there is no network; `Infinity` for the usual one. */
  readonly offlineDelayMs: number;
}

/** Each state has its own work: `negotiating` opens a session, `waiting` and `offline` start a timer. */
export interface Step<Link> {
  readonly state: State<Link>;
  /** The notifications before that, in this order. */
  readonly notices: readonly (Notice | Request)[];
}

/** A connection that lasted this long, in milliseconds, was not merely accepted and dropped. */
export const STABLE_AFTER_MS = 5_000;

type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** The next state after an event; an event that does not apply to the state changes nothing. */
export function next<Link>(state: State<Link>, event: Event<Link>, rules: Rules): Step<Link> {
  const notices: (Notice | Request)[] = [];
  return { state: after(state, event, rules, (...notice) => notices.push(notice)), notices };
}

function after<Link>(
  state: State<Link>,
  event: Event<Link>,
  rules: Rules,
  tell: (...notice: Notice | Request) => void,
): State<Link> {
  // The one place that discards answers to earlier states.
  if ('epoch' in event && event.epoch !== state.epoch) return state;
  const { atMs } = event;

  const enter = (entered: Without<State<Link>, 'epoch'>): State<Link> =>
    ({ ...entered, epoch: state.epoch + 1 }) as State<Link>;
  const negotiate = (
    outage: Outage,
    { single = false, restarted = false }: Partial<Negotiating> = {},
  ): State<Link> => enter({ name: 'negotiating', outage, sinceMs: atMs, single, restarted });
  const wait = (outage: Outage, delayMs: number, online = rules.online): State<Link> => {
    const { offlineDelayMs } = rules;
    const usual = online || offlineDelayMs === Number.POSITIVE_INFINITY;
    const dueAtMs = atMs + (usual ? delayMs : offlineDelayMs);
    return enter({ name: online ? 'waiting' : 'offline', outage, dueAtMs });
  };
  const close = (reason: string): State<Link> => enter({ name: 'closed', reason });

  /** After a loss or a failed attempt: waits for the next one, or gives up. */
  const retry = (outage: Outage, afterStable: boolean, reason: string, error?: Error): State<Link> => {
    const { attempt, failures, startedAtMs } = outage;
    const elapsedMs = atMs - startedAtMs;
    const delayMs =
      attempt > rules.maxAttempts
        ? null
        : rules.delayMs({ attempt, failures, afterStable, elapsedMs, reason, error });
    if (delayMs !== null) return wait({ ...outage, failures: afterStable ? 1 : failures + 1 }, delayMs);
    tell('reconnect_failed');
    return close('reconnect_failed');
  };

  switch (event.type) {
    case 'open':
      // Between two attempts the loop continues, even if the program opens the connection in between.
      if ('dueAtMs' in state) return negotiate(state.outage);
      if ('outage' in state) break;
      return negotiate({ attempt: 0, failures: 0, startedAtMs: atMs }, event);

    case 'won': {
      if (state.name !== 'negotiating') break;
      const { outage } = state;
      tell('open');
      if (outage.attempt > 0) tell('reconnect', outage.attempt);
      return enter({ name: 'connected', outage, sinceMs: atMs, link: event.link });
    }

    case 'exhausted': {
      if (state.name !== 'negotiating') break;
      const { error } = event;
      const { outage, single } = state;
      tell('error', error);
      const entered =
        rules.reconnection && !single ? retry(again(outage), false, error.message, error) : close('failed');
      if (outage.attempt > 0) tell('reconnect_error', error);
      return entered;
    }

    case 'lost': {
      if (state.name !== 'connected') break;
      const { reason, details } = event;
      const { outage, sinceMs } = state;
      tell('close', reason, details);
      if (!rules.reconnection) return close(reason);
      return retry({ ...outage, attempt: 1, startedAtMs: atMs }, atMs - sinceMs >= STABLE_AFTER_MS, reason);
    }

    case 'due':
      if (!('dueAtMs' in state)) break;
      tell('reconnect_attempt', state.outage.attempt);
      return negotiate(state.outage);

    case 'stop':
      return 'dueAtMs' in state ? close('stopped') : state;

    case 'close':
      if (!('outage' in state)) break;
      tell('close', event.reason, undefined);
      return close(event.reason);

    case 'plugin':
      if ('outage' in state) return event.react(state, { atMs, rules, tell, wait, negotiate });
  }
  return state;
}

/** The outage, updated for its next attempt. */
export const again = (outage: Outage): Outage => ({ ...outage, attempt: outage.attempt + 1 });

/** The public status depends only on the state. */
export function statusOf<Link>(state: State<Link>): Status {
  const { name } = state;
  if (name === 'negotiating') return state.outage.attempt > 0 ? 'reconnecting' : 'connecting';
  return name === 'waiting' ? 'reconnecting' : name;
}
