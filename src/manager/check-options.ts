/**
 * Checks the options that a program gives, for the plugin `checks`. Checks that protect the connection, such as valid times and limits, run
 * in every build; checks that only help find mistakes, such as the type of a callback or a misspelt name, only in development.
 */
import { DEVELOPMENT } from '../platform/build.js';
import { DEFAULTS, OUTBOX_DEFAULTS } from '../platform/defaults.js';
import { HoldfastError } from '../platform/errors.js';
import { nearest } from '../platform/misspelt.js';
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

/** Warns of an unknown name that is close to an option's. Other unknown names may belong to the program's own transport. */
function warnIfMisspelt(name: string): void {
  const known = [...Object.keys(DEFAULTS), ...Object.keys(RULES), ...OTHERS.split(' ')];
  if (known.includes(name)) return;
  const meant = nearest(name, known);
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
      `options are ${show(options)}${DEVELOPMENT ? '; accepted: an object; several addresses go to endpoints() of holdfast/endpoints' : ''}`,
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
