import type { Cancel } from '../../platform/clock.js';
import { printLine } from '../../platform/console.js';
import { systemStore } from '../../platform/storage.js';
import { describe } from './describe.js';
import { observe } from './observe.js';
import { type Watchable, watchNew } from './watch.js';

/** What `debug` prints, and where. */
export interface DebugOptions {
  /**
   * Which lines, in the manner of the package `debug`: patterns with `*`, several by commas, `-` leaves out. The names are
   * `holdfast:` and `state`, `attempt`, `failure`, `namespace`, `packet`, `rtt`, `gap` or `dropped`.
   *
   * @defaultValue what `localStorage.debug` says
   */
  filter?: string;
  /** Whether to print what is in packets, cut to 200 characters. @defaultValue false */
  payloads?: boolean;
  /** Takes the lines. @defaultValue `console.log` */
  print?: (line: string) => void;
}

/** Whether a name is meant by patterns in the manner of the package `debug`. */
export function selects(filter: string, name: string): boolean {
  let selected = false;
  for (const pattern of filter.split(/[\s,]+/)) {
    const [, minus, words = ''] = /^(-?)(.*)$/.exec(pattern) ?? [];
    const wanted = new RegExp(`^${words.replace(/[^\w*]/g, '\\$&').replace(/\*/g, '.*')}$`);
    if (words && wanted.test(name)) {
      if (minus) return false;
      selected = true;
    }
  }
  return selected;
}

/**
 * Prints what happens to the connection of a manager or a socket, from now on; without one, to every connection that is made from
 * now on. Prints nothing where the filter selects nothing.
 *
 * @returns ends it
 */
export function debug(target?: Watchable, options?: DebugOptions): Cancel {
  const { filter = systemStore.get('debug') ?? '', payloads = false, print = printLine } = options ?? {};
  if (!/holdfast|\*/.test(filter)) return () => {};
  if (!target) {
    const ends: Cancel[] = [];
    ends.push(watchNew((manager) => ends.push(debug(manager, options))));
    return () => {
      for (const end of ends.splice(0)) end();
    };
  }
  let before = 0;
  return observe(
    target,
    (event) => {
      const name = `holdfast:${event.type}`;
      if (!selects(filter, name)) return;
      print(`${name} +${Math.round(before && event.atMs - before)}ms ${describe(event)}`);
      before = event.atMs;
    },
    { payloads: () => payloads },
  );
}
