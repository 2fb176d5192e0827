/** Prints what happens to a connection, one line for each event. */
import { everyManager } from '../../manager/every-manager.js';
import type { Cancel } from '../../platform/clock.js';
import { printLine } from '../../platform/console.js';
import { systemStore } from '../../platform/storage.js';
import { describe } from './describe.js';
import { observe } from './observe.js';
import type { Watchable } from './watch.js';

/** Options of `debug`. */
export interface DebugOptions {
  /**
   * Selects lines as in the package `debug`: patterns with `*`, separated by commas; a leading `-` excludes. The names are
   * `holdfast:` and `state`, `attempt`, `failure`, `namespace`, `packet`, `rtt`, `gap`, `dropped` or `invalid`.
   *
   * @defaultValue the value of `localStorage.debug`
   */
  filter?: string;
  /** Whether to print the payloads of packets, cut to 200 characters. @defaultValue false */
  payloads?: boolean;
  /** Called with each line. @defaultValue `console.log` */
  print?: (line: string) => void;
}

/** Whether a filter's patterns select a name. */
export function filterSelects(filter: string, name: string): boolean {
  let selected = false;
  for (const entry of filter.split(/[\s,]+/)) {
    const excludes = entry.startsWith('-');
    const pattern = excludes ? entry.slice(1) : entry;
    if (!pattern || !matchesPattern(pattern, name)) continue;
    if (excludes) return false;
    selected = true;
  }
  return selected;
}

/** `*` stands for any characters. The parts between the stars must occur in order. */
function matchesPattern(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  const last = parts.pop() as string;
  const first = parts.shift();
  if (first === undefined) return pattern === name;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

/**
 * Prints what happens to the connection of a manager or a socket from now on; without a target, to every connection of the page, created
 * before or later. If the filter selects nothing, nothing is observed.
 *
 * @returns stops printing
 */
export function debug(target?: Watchable, options?: DebugOptions): Cancel {
  const { filter = systemStore.get('debug') ?? '', payloads = false, print = printLine } = options ?? {};
  if (!/holdfast|\*/.test(filter)) return () => {};
  if (!target) {
    const stops: Cancel[] = [];
    stops.push(everyManager((manager) => stops.push(debug(manager, options))));
    return () => {
      for (const stop of stops.splice(0)) stop();
    };
  }
  let previousMs = 0;
  return observe(
    target,
    (event) => {
      const name = `holdfast:${event.type}`;
      if (!filterSelects(filter, name)) return;
      print(`${name} +${Math.round(previousMs && event.atMs - previousMs)}ms ${describe(event)}`);
      previousMs = event.atMs;
    },
    { payloads: () => payloads },
  );
}
