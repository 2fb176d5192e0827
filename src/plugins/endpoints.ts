/** @packageDocumentation Several addresses of one service: after a failure, the next one is tried. */
import type { Plugin } from '../manager/plugin.js';
import { parseAddress } from '../platform/address.js';
import { DEVELOPMENT } from '../platform/build.js';
import { type Cancel, nothing } from '../platform/clock.js';
import { pageLocation } from '../platform/environment.js';
import { HoldfastError } from '../platform/errors.js';
import { warnOfUnknown } from '../platform/misspelt.js';
import { report } from '../platform/report.js';
import { show } from '../platform/show.js';

/** The argument of a function that chooses an endpoint. */
export interface EndpointContext {
  /** The number of failed attempts since the last connection. */
  readonly attempt: number;
  /** The address of the previous attempt; undefined for the first one. */
  readonly last: string | undefined;
}

/**
 * Returns the address of each attempt, at once or later. If it throws, rejects, or returns something other than a string, the error is
 * reported as an uncaught error. Then, and if it takes longer than the option `timeout`, the attempt uses the previous address (the first
 * attempt uses that of `io()`).
 */
export type Endpoint = (context: EndpointContext) => string | PromiseLike<string>;

export interface EndpointsOptions {
  /**
   * A connection to another address returns to the first one this many milliseconds after it was made, plus up to a tenth, so that not all
   * clients return at once. @defaultValue never
   */
  readonly returnAfterMs?: number | undefined;
}

/** The time that is added at random, as a part of `returnAfterMs`. */
const SPREAD = 0.1;

/**
 * A plugin: `io(urls[0], { plugins: [endpoints(urls)] })`.
 *
 * After a failed attempt, the next address is tried; after the last one, the first again. After a lost connection, the same address is
 * tried first, unless no namespace could be joined there.
 *
 * @param source the addresses in the order of preference, or a function that chooses one for each attempt
 * @throws HoldfastError `BAD_OPTION`; in development, `BAD_ADDRESS`
 */
export function endpoints(source: Endpoint): Plugin;
export function endpoints(source: readonly string[], options?: EndpointsOptions): Plugin;
export function endpoints(source: Endpoint | readonly string[], options: EndpointsOptions = {}): Plugin {
  const { returnAfterMs = Number.POSITIVE_INFINITY } = options;
  if (DEVELOPMENT) warnOfUnknown('endpoints()', options, 'returnAfterMs');
  const choose = typeof source === 'function' && source;
  // A copy: the program may change its list.
  const list: readonly string[] = Array.isArray(source) ? [...source] : [];
  if (!((choose || list.length) && returnAfterMs >= 0)) {
    throw new HoldfastError(
      'BAD_OPTION',
      DEVELOPMENT
        ? `endpoints are ${show(source)}, returnAfterMs is ${show(returnAfterMs)}; accepted: a list of addresses or a function, and a number of milliseconds, 0 or more`
        : 'endpoints',
    );
  }
  // In production, a wrong one fails its attempts.
  if (DEVELOPMENT) for (const address of list) parseAddress(address, pageLocation());

  return {
    name: 'endpoints',
    identity: [list, returnAfterMs],
    manager(manager) {
      const { _connection, _environment } = manager;
      const { clock } = _environment;
      /** The index of the next attempt's address in the list, and of the last one's. */
      let index = 0;
      let current = 0;
      /** The index of the address that worked last. */
      let home = 0;
      /** Whether the last attempt failed without a network: that says nothing about its address. */
      let offline = false;
      let attempt = 0;
      let last: string | undefined;
      /** Whether a namespace was joined over the connection in use. */
      let proven = false;
      let stopReturn: Cancel | undefined;

      const stay = (): void => {
        stopReturn = void stopReturn?.();
      };

      return {
        // A closed connection leaves no timer.
        wanted: () => stay,
        begin(negotiate) {
          let stop = nothing;
          current = index = offline && manager._online ? home : index;
          /** Only once. */
          let go = (address = manager.uri): void => {
            go = nothing;
            stop();
            manager.uri = last = address;
            proven = false;
            stop = negotiate();
          };
          if (choose) {
            stop = clock.after(manager._option('timeout') || Number.POSITIVE_INFINITY, () => go());
            (async () => {
              try {
                const address = await choose({ attempt, last });
                // Throws `BAD_ADDRESS`.
                if (typeof address !== 'string') parseAddress((address ?? null) as never);
                go(address);
              } catch (error) {
                if (go !== nothing) report(error);
                go();
              }
            })();
          } else go(list[index]);
          return () => {
            go = nothing;
            stop();
          };
        },
        event(emitter, name) {
          if (name === 'connect') {
            proven = true;
            attempt = 0;
            // Even if the time to return came while this address was being tried.
            home = index = current;
            if (index)
              stopReturn ??= clock.after(
                returnAfterMs * (1 + SPREAD * _environment.random()),
                () => {
                  stopReturn = undefined;
                  // Without enough attempts to come back, the program could end up with no connection.
                  const canReturn =
                    manager._option('reconnection') && index < manager._option('reconnectionAttempts');
                  home = index = 0;
                  // Ends the connection in use and opens a new one at once.
                  _connection._dispatch({
                    type: 'plugin',
                    react(state, { atMs, tell, negotiate }) {
                      if (!canReturn || state.name !== 'connected') return state;
                      tell('close', 'transport close', undefined);
                      tell('reconnect_attempt', 1);
                      return negotiate({ attempt: 1, failures: 0, startedAtMs: atMs });
                    },
                  });
                },
                true,
              );
          } else if (
            emitter === manager &&
            !proven &&
            (name === 'error' ? !_connection._session : name === 'close' && manager.retryInMs !== undefined)
          ) {
            // The attempt has failed.
            attempt++;
            offline = !manager._online;
            // Unless the time to return came meanwhile: then the first one is next.
            if (index === current) index = (index + 1) % list.length;
            if (!index) stay();
          }
        },
      };
    },
  };
}
