/**
 * Checks the options that a program gives, for the plugin `checks`. Checks that protect the connection, such as valid times and limits, run
 * in every build; checks that only help find mistakes, such as the type of a callback or a misspelt name, only in development.
 */
import { DEVELOPMENT } from '../platform/build.js';
import { DEFAULTS, OUTBOX_DEFAULTS } from '../platform/defaults.js';
import { HoldfastError } from '../platform/errors.js';
import type { Options } from '../platform/options.js';
import { warnOnce } from '../platform/report.js';
import { show } from '../platform/show.js';
import { isRecord } from '../protocol/packet.js';
import { copyOf } from './read-options.js';

const isFunction = (value: unknown): boolean => typeof value === 'function';
const isString = (value: unknown): value is string => typeof value === 'string';

/** The type of an option with a default is that of its default. Switches without one: */
const FLAGS =
  /^(autoUnref|closeOnBeforeunload|coach|errorFirstAcks|force(Base64|New)|hideOffset|multiplex|secure|timestampRequests|tryAllTransports|useNativeTimers|withCredentials)$/;

/** Other forms of switches, as in configuration files. */
const SWITCHES: Readonly<Record<string, boolean>> = { 0: false, 1: true, false: false, true: true };

type Rule = (value: unknown) => boolean;

const transports: Rule = (v) =>
  Array.isArray(v) &&
  v.length > 0 &&
  v.every((one) => isFunction(one) || (isString(one) && /^(websocket|polling|webtransport)$/.test(one)));

const hasMethods =
  (...names: string[]): Rule =>
  (v) =>
    names.every((name) => isFunction((v as Record<string, unknown>)[name]));

const RULES = {
  transports,
  transportImplementations: transports,
  path: (v) => isString(v) && /^(\/|$)/.test(v),
  parser: hasMethods('Encoder', 'Decoder'),
  'outbox.whenFull': (v) => isString(v) && /^(refuse|drop-(oldest|newest))$/.test(v),
  ...(DEVELOPMENT
    ? {
        auth: (v) => isRecord(v) || isFunction(v),
        extraHeaders: isRecord,
        host: isString,
        hostname: isString,
        maxPayloadTransports: Array.isArray,
        outbox: isRecord,
        plugins: Array.isArray,
        port: (v) => isString(v) || Number.isFinite(v),
        query: (v) => isRecord(v) || isString(v),
        reconnectOnReject: isFunction,
        retryPolicy: isFunction,
        signals: hasMethods('watch'),
        store: hasMethods('get', 'set'),
        transportOptions: isRecord,
      }
    : {}),
} as Readonly<Record<string, Rule>>;

/** What is accepted, in words. */
const ACCEPTED: Readonly<Record<string, string>> = DEVELOPMENT
  ? {
      transports: 'a list of "websocket", "polling", "webtransport" or transport classes',
      transportImplementations: 'a list of transport classes',
      path: 'a string that begins with a slash',
      parser: 'an object with Encoder and Decoder classes',
      'outbox.whenFull': '"refuse", "drop-oldest" or "drop-newest"',
      auth: 'an object or a function',
      extraHeaders: 'an object',
      host: 'a string',
      hostname: 'a string',
      maxPayloadTransports: 'a list of transport names',
      outbox: 'an object',
      plugins: 'a list of plugins',
      port: 'a number or a string',
      query: 'an object or a query string',
      reconnectOnReject: 'a function',
      retryPolicy: 'a function',
      signals: 'an object with the method watch',
      store: 'an object with the methods get and set',
      transportOptions: 'an object',
    }
  : {};

const acceptedNumber = (name: string): string => {
  const unit = /timeout|delay|AgeMs/i.test(name) ? ' of milliseconds' : '';
  const range = name === 'randomizationFactor' ? ' from 0 to 1' : `, ${+(name === 'retryWindow')} or more`;
  return `a number${unit}${range}${name === 'timeout' ? ', or false' : ''}`;
};

/** Names of options that are in no table above. */
const OTHERS = DEVELOPMENT
  ? 'agent autoUnref ca cert ciphers closeOnBeforeunload errorFirstAcks forceBase64 forceNew hideOffset key multiplex passphrase pfx protocols secure timestampRequests tryAllTransports useNativeTimers withCredentials'
  : '';

/** The edit distance between two words: letters changed, added, removed, or swapped with the next one. */
function distance(one: string, other: string): number {
  const rows = [Array.from({ length: other.length + 1 }, (_, i) => i)];
  const at = (i: number, k: number): number => rows[i]?.[k] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= one.length; i++) {
    rows[i] = [i];
    for (let k = 1; k <= other.length; k++) {
      const same = one[i - 1] === other[k - 1];
      const swapped = one[i - 1] === other[k - 2] && one[i - 2] === other[k - 1];
      (rows[i] as number[])[k] = Math.min(
        at(i - 1, k - 1) + (same ? 0 : 1),
        at(i - 1, k) + 1,
        at(i, k - 1) + 1,
        swapped ? at(i - 2, k - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
  }
  return at(one.length, other.length);
}

/** A part of a name with fewer letters than this may be anything. */
const SHORTEST_PART = 6;

/** Whether the name is the beginning of the option, with at most one letter wrong, or its last word. */
function isPart(name: string, one: string): boolean {
  if (name.length < SHORTEST_PART || name.length >= one.length) return false;
  const beginnings = [name.length, name.length + 1].map((letters) => one.slice(0, letters));
  return one.endsWith(name) || beginnings.some((beginning) => distance(name, beginning) <= 1);
}

/** Warns of an unknown name that is close to an option's. Other unknown names may belong to the program's own transport. */
function warnIfMisspelt(name: string): void {
  const known = [...Object.keys(DEFAULTS), ...Object.keys(RULES), ...OTHERS.split(' ')];
  if (known.includes(name)) return;
  const low = name.toLowerCase();
  const [near] = known
    // One third of a short name, and two letters of a long one.
    .map((one) => ({ one, letters: Math.min(2, one.length / 3) }))
    .filter(({ one, letters }) => Math.abs(one.length - name.length) <= letters)
    .map(({ one, letters }) => ({ one, letters, far: distance(low, one.toLowerCase()) }))
    .filter(({ far, letters }) => far <= letters)
    .sort((one, other) => one.far - other.far);
  const meant =
    near?.one ??
    known
      .filter((one) => !one.includes('.') && isPart(low, one.toLowerCase()))
      .sort((one, other) => one.length - other.length)[0];
  if (meant) warnOnce(`option ${name}`, `holdfast: unknown option "${name}"; did you mean "${meant}"?`);
}

/**
 * A checked copy of the given options: `undefined`, `null`, and an `auth` of `false` count as not given, `"20"` as 20, and 0, 1, `"false"`
 * and `"true"` as false and true. Unknown names are passed on to the transports.
 *
 * @throws HoldfastError `BAD_OPTION`, naming the option and, in development, what it accepts
 */
export function checkOptions(options: unknown): Options {
  if (!isRecord(options)) {
    throw new HoldfastError(
      'BAD_OPTION',
      `options are ${show(options)}${DEVELOPMENT ? '; accepted: an object' : ''}`,
    );
  }
  return check(copyOf(options), DEFAULTS, '');
}

function check<Copy extends Record<string, unknown>>(copy: Copy, defaults: object, prefix: string): Copy {
  for (const name of Object.keys(copy)) {
    let value: unknown = copy[name];
    const type = typeof (defaults as Record<string, unknown>)[name];
    const whole = prefix + name;
    let accepted = ACCEPTED[whole];
    let good = true;
    if (DEVELOPMENT && !prefix) warnIfMisspelt(name);
    if (type === 'number') {
      if (isString(value) && /^(\d+(\.\d+)?|Infinity)$/.test(value)) value = Number(value);
      if (name === 'timeout' && value === 'false') value = false;
      good =
        (typeof value === 'number' &&
          value >= (name === 'retryWindow' ? 1 : 0) &&
          (value <= 1 || name !== 'randomizationFactor')) ||
        (name === 'timeout' && value === false);
      if (DEVELOPMENT) accepted = acceptedNumber(name);
    } else if (type === 'boolean' || (!prefix && FLAGS.test(name))) {
      if (typeof value !== 'object') value = SWITCHES[String(value)] ?? value;
      if (DEVELOPMENT) {
        good = typeof value === 'boolean';
        accepted = 'true or false';
      }
    } else if (Object.hasOwn(RULES, whole)) good = (RULES[whole] as Rule)(value);
    else if (DEVELOPMENT && prefix) {
      good = false;
      accepted = `only ${Object.keys(defaults).join(', ')}`;
    }
    if (!good) {
      throw new HoldfastError(
        'BAD_OPTION',
        `option "${whole}" is ${show(value)}${DEVELOPMENT ? `; accepted: ${accepted}` : ''}`,
      );
    }
    if (name === 'outbox') check(value as Record<string, unknown>, OUTBOX_DEFAULTS, 'outbox.');
    (copy as Record<string, unknown>)[name] = value;
  }
  return copy;
}
