/** Checks the options of an outbox, and gives them their defaults. */
import { DEVELOPMENT } from '../../platform/build.js';
import { HoldfastError } from '../../platform/errors.js';
import { warnOfUnknown } from '../../platform/misspelt.js';
import { show } from '../../platform/show.js';
import type { Bounds } from './store.js';
import type { DurableOptions } from './types.js';

const WEEK_MS = 604_800_000;

export interface ResolvedOptions extends Bounds {
  readonly name: string;
  readonly owner: string;
  readonly maxAgeMs: number;
  readonly strict: boolean;
  readonly fallback: 'memory' | undefined;
  readonly persist: boolean | undefined;
}

/** @throws HoldfastError `BAD_OPTION` */
export function resolveOptions(given: DurableOptions): ResolvedOptions {
  const {
    name,
    owner,
    maxEntries = 10_000,
    maxBytes = 2 ** 26,
    maxAgeMs = WEEK_MS,
    strict = false,
    fallback,
    persist,
  } = given ?? {};
  if (DEVELOPMENT)
    warnOfUnknown('durable()', given, 'name owner maxEntries maxBytes maxAgeMs strict fallback persist');
  const check = (option: string, value: unknown, accepted: string, fine: boolean): void => {
    if (!fine)
      throw new HoldfastError(
        'BAD_OPTION',
        `option "${option}" is ${show(value)}${DEVELOPMENT ? `; accepted: ${accepted}` : ''}`,
      );
  };
  check('name', name, 'a string', typeof name === 'string' && name !== '');
  check(
    'owner',
    owner,
    'a string or a number',
    Number.isFinite(owner) || (typeof owner === 'string' && owner !== ''),
  );
  for (const [option, value] of Object.entries({ maxEntries, maxBytes, maxAgeMs }))
    check(option, value, 'a number above 0', typeof value === 'number' && value > 0);
  check('fallback', fallback, '"memory"', fallback === undefined || fallback === 'memory');
  return { name, owner: `${owner}`, maxEntries, maxBytes, maxAgeMs, strict, fallback, persist };
}
