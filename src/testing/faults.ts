/** The faults of a test: they affect connections, events, and clients that connect. */
import type { Cancel } from '../platform/clock.js';
import { HoldfastError } from '../platform/errors.js';
import { unknownOptions } from '../platform/misspelt.js';
import { show } from '../platform/show.js';
import type { Hits, Network, Route } from './link.js';
import type { Refusal } from './namespace.js';

/** A client: an `io` of the bench or of `tab()`, a socket of either side, or the id of one. */
export type FaultClient =
  // biome-ignore lint/suspicious/noExplicitAny: an `io`, whatever its contract
  ((...args: any[]) => unknown) | { readonly id?: string | undefined } | string;

/** The clients that a fault affects. */
export interface FaultOptions {
  /**
   * Only this client: an `io`, with all its present and later connections; or a socket of either side, or its id, with its present
   * connection. @defaultValue every client
   */
  readonly client?: FaultClient | undefined;
}

/** Which events are lost. */
export interface DropOptions extends FaultOptions {
  /** How many events are lost. @defaultValue Infinity */
  readonly times?: number | undefined;
  /** Only events of one side. @defaultValue both */
  readonly from?: 'client' | 'server' | undefined;
}

/** Which clients are refused. */
export interface RefuseOptions extends FaultOptions {
  /** So many, and then no more. @defaultValue Infinity */
  readonly times?: number | undefined;
}

export interface RestartOptions {
  /** How long no client can connect, in milliseconds. @defaultValue 0 */
  readonly downMs?: number | undefined;
}

interface Counted {
  left: number;
  readonly hits: Hits;
}

const EVERYBODY: Hits = () => true;

export class Faults {
  private _drops: (Counted & { readonly event: string; readonly from: string | undefined })[] = [];
  private _refusals: (Counted & { readonly refusal: Refusal })[] = [];
  /** The number of lost events, by name. */
  readonly lost: Map<string, number> = new Map();

  /** @param _routeOf the route of the client whose socket has this id */
  constructor(
    private readonly _network: Network,
    private readonly _routeOf: (id: string) => Route | undefined,
  ) {}

  cut(options: FaultOptions): void {
    this._network.cut(this._hits('cut', options));
  }

  silence(ms: number, options: FaultOptions): Cancel {
    checkMs('silence', ms);
    return this._network.silence(ms, this._hits('silence', options));
  }

  delay(ms: number, options: FaultOptions): Cancel {
    checkMs('delay', ms);
    if (ms === Number.POSITIVE_INFINITY) {
      throw new HoldfastError(
        'BAD_OPTION',
        'delay(Infinity): accepted: milliseconds, 0 or more; for a fault without an end, use silence()',
      );
    }
    return this._network.delay(ms, this._hits('delay', options));
  }

  refuse(reason: unknown, options: RefuseOptions): Cancel {
    const { message, data } = (typeof reason === 'string' ? { message: reason } : (reason ?? {})) as {
      message?: unknown;
      data?: unknown;
    };
    if (typeof message !== 'string') {
      throw new HoldfastError('BAD_OPTION', `refuse(${show(reason)}): accepted: a string or an error`);
    }
    const refusal: Refusal = Object.assign(new Error(message), data !== undefined && { data });
    const one = {
      refusal,
      left: timesOf('refuse', options),
      hits: this._hits('refuse', options, 'times client'),
    };
    this._refusals = [one, ...this._refusals];
    return () => {
      one.left = 0;
    };
  }

  drop(event: string, options: DropOptions): Cancel {
    if (typeof event !== 'string' || event === '') {
      throw new HoldfastError('BAD_EVENT', `drop(${show(event)}): accepted: the name of an event`);
    }
    const { from } = options;
    if (from !== undefined && from !== 'client' && from !== 'server') {
      throw new HoldfastError(
        'BAD_OPTION',
        `option "from" of drop() is ${show(from)}; accepted: "client" or "server"`,
      );
    }
    const one = {
      event,
      from,
      left: timesOf('drop', options),
      hits: this._hits('drop', options, 'times from client'),
    };
    this._drops.push(one);
    return () => {
      one.left = 0;
    };
  }

  /** The refusal for a client that connects now, if any. */
  refusal(route: Route): Refusal | undefined {
    const found = this._refusals.find(({ left, hits }) => left > 0 && hits(route));
    if (found) found.left--;
    return found?.refusal;
  }

  /** Whether an event that is sent now is lost. */
  drops(event: unknown, from: 'client' | 'server', route: Route): boolean {
    const found = this._drops.find(
      (one) => one.left > 0 && one.event === event && (one.from ?? from) === from && one.hits(route),
    );
    if (!found) return false;
    found.left--;
    this.lost.set(found.event, (this.lost.get(found.event) ?? 0) + 1);
    return true;
  }

  restore(): void {
    this._network.restore();
    this._refusals = [];
    this._drops = [];
  }

  /** @throws HoldfastError `BAD_OPTION` for a value that is not a client, or a client that is not connected */
  private _hits(method: string, options: FaultOptions, known = 'client'): Hits {
    checkNames(method, options, known);
    const { client } = options;
    if (client === undefined) return EVERYBODY;
    if (typeof client === 'function') return ({ owner }) => owner === client;
    const id = typeof client === 'string' ? client : (client as { id?: unknown } | null)?.id;
    const wanted = typeof id === 'string' ? this._routeOf(id) : undefined;
    if (wanted) return (route) => route === wanted;
    throw new HoldfastError(
      'BAD_OPTION',
      `option "client" of ${method}() is ${id === undefined ? `${show(client)}, which is not a connected socket` : `${show(id)}, and no connected socket has this id`}; accepted: an io, whether connected or not, a connected socket, or its id`,
    );
  }
}

function timesOf(
  method: string,
  { times = Number.POSITIVE_INFINITY }: { readonly times?: number | undefined },
): number {
  if (typeof times === 'number' && times > 0) return times;
  throw new HoldfastError(
    'BAD_OPTION',
    `option "times" of ${method}() is ${show(times)}; accepted: a number, 1 or more`,
  );
}

/**
 * A test whose option has no effect would test nothing.
 *
 * @param known the names of the options of this method, separated by spaces
 * @throws HoldfastError `BAD_OPTION`
 */
export function checkNames(method: string, options: object, known: string): void {
  const [text] = unknownOptions(`server.${method}()`, options, known);
  if (text) throw new HoldfastError('BAD_OPTION', text);
}

/** @throws HoldfastError `BAD_OPTION` */
export function checkMs(method: string, ms: unknown): void {
  if (typeof ms === 'number' && ms >= 0) return;
  throw new HoldfastError('BAD_OPTION', `${method}(${show(ms)}): accepted: milliseconds, 0 or more`);
}
