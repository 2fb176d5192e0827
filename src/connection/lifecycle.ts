/** What the program may know of a connection. */
export type Status = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'offline' | 'closed';

/** The one state of a connection. `epoch` counts the states: what belongs to an earlier one is stale. */
export type State<Link> = { readonly epoch: number } & (
  | { readonly name: 'idle' }
  | {
      readonly name: 'negotiating';
      /** Tries since the connection was lost or first asked for; 0 is the first try of all. */
      readonly attempt: number;
      /** The exponent of the next wait: tries in a row without a stable connection. */
      readonly failures: number;
      /** Whether a failure of this very try is final: its caller asked for one try. */
      readonly single: boolean;
    }
  | { readonly name: 'connected'; readonly link: Link; readonly sinceMs: number; readonly failures: number }
  | {
      readonly name: 'waiting';
      readonly attempt: number;
      readonly failures: number;
      readonly dueAtMs: number;
    }
  | { readonly name: 'closed'; readonly reason: string }
);

/** What happens to a connection. Those that answer something carry the epoch that they answer. */
export type Event<Link> =
  | { readonly type: 'open'; readonly single: boolean }
  | { readonly type: 'won'; readonly epoch: number; readonly link: Link; readonly atMs: number }
  | { readonly type: 'exhausted'; readonly epoch: number; readonly error: Error; readonly atMs: number }
  | {
      readonly type: 'lost';
      readonly epoch: number;
      readonly reason: string;
      readonly details?: unknown;
      readonly atMs: number;
    }
  | { readonly type: 'due'; readonly epoch: number }
  | { readonly type: 'close'; readonly reason: string };

/** What the program is told. */
export type Notice =
  | { readonly type: 'opened' }
  | { readonly type: 'lost'; readonly reason: string; readonly details?: unknown }
  | { readonly type: 'failed'; readonly error: Error; readonly final: boolean }
  | { readonly type: 'retrying'; readonly attempt: number }
  | { readonly type: 'retryFailed'; readonly error: Error }
  | { readonly type: 'reconnected'; readonly attempt: number }
  | { readonly type: 'gaveUp' };

/** What is to be done, in this order. Acting commands carry the epoch in which they were given. */
export type Command =
  | { readonly do: 'negotiate'; readonly epoch: number }
  | { readonly do: 'wait'; readonly epoch: number; readonly delayMs: number }
  | { readonly do: 'tell'; readonly notice: Notice };

/** The part of the settings that the machine decides by. */
export interface Rules {
  readonly reconnection: boolean;
  /** How many retries in a row, before it gives up; `Infinity` for no limit. */
  readonly maxAttempts: number;
  /** How long to wait before the next try. */
  delayMs(failures: number, afterStable: boolean): number;
}

export interface Step<Link> {
  readonly state: State<Link>;
  readonly commands: readonly Command[];
}

/** A connection that lived this long had not merely been let in to be thrown out again. */
export const STABLE_AFTER_MS = 5_000;

const tell = (notice: Notice): Command => ({ do: 'tell', notice });

/** The whole life of a connection: decides, and does nothing. */
export function next<Link>(state: State<Link>, event: Event<Link>, rules: Rules): Step<Link> {
  const stay: Step<Link> = { state, commands: [] };
  // The one place where an answer to an earlier state's question dies.
  if ('epoch' in event && event.epoch !== state.epoch) return stay;
  const epoch = state.epoch + 1;

  /** After a loss or a failed try: wait for the next one, or give up. */
  const retry = (attempt: number, failures: number, afterStable: boolean, atMs: number): Step<Link> => {
    if (attempt > rules.maxAttempts) {
      return {
        state: { name: 'closed', epoch, reason: 'reconnect_failed' },
        commands: [tell({ type: 'gaveUp' })],
      };
    }
    const delayMs = rules.delayMs(failures, afterStable);
    return {
      state: {
        name: 'waiting',
        epoch,
        attempt,
        failures: afterStable ? 0 : failures + 1,
        dueAtMs: atMs + delayMs,
      },
      commands: [{ do: 'wait', epoch, delayMs }],
    };
  };

  switch (event.type) {
    case 'open': {
      if (state.name === 'negotiating' || state.name === 'connected') return stay;
      const { attempt, failures } = state.name === 'waiting' ? state : { attempt: 0, failures: 0 };
      return {
        state: { name: 'negotiating', epoch, attempt, failures, single: event.single },
        commands: [{ do: 'negotiate', epoch }],
      };
    }

    case 'won': {
      if (state.name !== 'negotiating') return stay;
      const { attempt, failures } = state;
      return {
        state: { name: 'connected', epoch, link: event.link, sinceMs: event.atMs, failures },
        commands: [
          tell({ type: 'opened' }),
          ...(attempt > 0 ? [tell({ type: 'reconnected', attempt })] : []),
        ],
      };
    }

    case 'exhausted': {
      if (state.name !== 'negotiating') return stay;
      const { error } = event;
      const again = rules.reconnection && !state.single;
      const step: Step<Link> = again
        ? retry(state.attempt + 1, state.failures, false, event.atMs)
        : { state: { name: 'closed', epoch, reason: 'failed' }, commands: [] };
      return {
        state: step.state,
        commands: [
          tell({ type: 'failed', error, final: step.state.name === 'closed' }),
          ...step.commands,
          ...(state.attempt > 0 ? [tell({ type: 'retryFailed', error })] : []),
        ],
      };
    }

    case 'lost': {
      if (state.name !== 'connected') return stay;
      const lost = tell({ type: 'lost', reason: event.reason, details: event.details });
      if (!rules.reconnection) {
        return { state: { name: 'closed', epoch, reason: event.reason }, commands: [lost] };
      }
      const stable = event.atMs - state.sinceMs >= STABLE_AFTER_MS;
      const step = retry(1, state.failures, stable, event.atMs);
      return { state: step.state, commands: [lost, ...step.commands] };
    }

    case 'due': {
      if (state.name !== 'waiting') return stay;
      const { attempt, failures } = state;
      return {
        state: { name: 'negotiating', epoch, attempt, failures, single: false },
        commands: [tell({ type: 'retrying', attempt }), { do: 'negotiate', epoch }],
      };
    }

    case 'close': {
      if (state.name === 'idle' || state.name === 'closed') return stay;
      return {
        state: { name: 'closed', epoch, reason: event.reason },
        commands: [tell({ type: 'lost', reason: event.reason })],
      };
    }
  }
}

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
