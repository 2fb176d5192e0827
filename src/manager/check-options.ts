/**
 * Checks the options that a program gives. What protects the connection, such as sane times and limits, is checked in every
 * build; what teaches, such as the type of a callback or a misspelt name, only in development.
 */
import { DEVELOPMENT } from '../platform/build.js';
import { HoldfastError } from '../platform/errors.js';
import type { Options } from '../platform/options.js';
import { show } from '../platform/show.js';

const isFunction = (value: unknown): boolean => typeof value === 'function';
const isString = (value: unknown): boolean => typeof value === 'string';
const isObject = (value: unknown): boolean => typeof value === 'object' && !Array.isArray(value);

/** Numbers of 0 or more. */
const NUMBERS =
  /^(ackTimeout|highWaterMark|max(Sent)?Attachments|maxPendingAcks|maxReceivedBytes|reconnection(Attempts|Delay|DelayMax)|requestTimeout|retries|retryWindow|randomizationFactor|timeout)$/;
const OUTBOX_NUMBERS = /^max(Packets|Bytes|AgeMs)$/;
/** Switches, which configuration files write in other ways, too. */
const FLAGS =
  /^(addTrailingSlash|autoConnect|autoUnref|closeOnBeforeunload|errorFirstAcks|forceBase64|forceNew|hideOffset|multiplex|reconnection|rememberUpgrade|secure|timestampRequests|tryAllTransports|upgrade|useNativeTimers|verify|withCredentials)$/;

const SWITCHES: Readonly<Record<string, boolean>> = { 0: false, 1: true, false: false, true: true };

interface Rule {
  readonly accepted: string;
  accepts(value: unknown): boolean;
}

const isTransportList = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((one) => isFunction(one) || (isString(one) && /^(websocket|polling|webtransport)$/.test(one)));

const ruleOf = (accepted: string, accepts: (value: unknown) => boolean): Rule => ({ accepted, accepts });

const transports = ruleOf(
  'a list of "websocket", "polling", "webtransport" or transport classes',
  isTransportList,
);

/** Checked in every build. */
const RULES: Readonly<Record<string, Rule>> = {
  transports,
  transportImplementations: transports,
  path: ruleOf('a string that begins with a slash', (v) => isString(v) && /^(\/|$)/.test(v as string)),
  parser: ruleOf(
    'an object with Encoder and Decoder classes',
    (v) =>
      isFunction((v as { Encoder?: unknown }).Encoder) && isFunction((v as { Decoder?: unknown }).Decoder),
  ),
};

/** Checked in development only. */
const TEACHING_RULES: Readonly<Record<string, Rule>> = DEVELOPMENT
  ? {
      auth: ruleOf('an object or a function', (v) => isObject(v) || isFunction(v)),
      extraHeaders: ruleOf('an object', isObject),
      host: ruleOf('a string', isString),
      hostname: ruleOf('a string', isString),
      maxPayloadTransports: ruleOf('a list of transport names', Array.isArray),
      outbox: ruleOf('an object', isObject),
      plugins: ruleOf('a list of plugins', Array.isArray),
      port: ruleOf('a number or a string', (v) => isString(v) || Number.isFinite(v)),
      query: ruleOf('an object or a query string', (v) => isObject(v) || isString(v)),
      reconnectOnReject: ruleOf('a function', isFunction),
      retryPolicy: ruleOf('a function', isFunction),
      transportOptions: ruleOf('an object', isObject),
    }
  : {};

const OUTBOX_RULES: Readonly<Record<string, Rule>> = {
  whenFull: ruleOf(
    '"refuse", "drop-oldest" or "drop-newest"',
    (v) => isString(v) && /^(refuse|drop-oldest|drop-newest)$/.test(v as string),
  ),
};

/** The highest value, where a number has one, and the lowest where it is not 0. */
const limitOf = (name: string): [min: number, max: number] => [
  name === 'retryWindow' ? 1 : 0,
  name === 'randomizationFactor' ? 1 : Number.POSITIVE_INFINITY,
];

const isTime = (name: string): boolean => /timeout|delay|AgeMs/i.test(name);

function numberRule(name: string): Rule {
  const [min, max] = limitOf(name);
  const accepted = DEVELOPMENT
    ? `a number${isTime(name) ? ' of milliseconds' : ''}${max === 1 ? ' from 0 to 1' : `, ${min} or more`}${name === 'timeout' ? ', or false' : ''}`
    : '';
  return ruleOf(
    accepted,
    (v) => (typeof v === 'number' && v >= min && v <= max) || (name === 'timeout' && v === false),
  );
}

const flagRule = ruleOf('true or false', (v) => (DEVELOPMENT ? typeof v === 'boolean' : true));

/** Every name, including those that are inherited, or hidden behind getters of a class; not those that every object has. */
export function namesOf(options: object): string[] {
  const names: string[] = [];
  let one: object | null = options;
  // By what it has, because objects of another frame have that frame's `Object.prototype`.
  for (; one && !Object.hasOwn(one, 'isPrototypeOf'); one = Object.getPrototypeOf(one)) {
    for (const name of Object.getOwnPropertyNames(one)) {
      if (name !== 'constructor' && !names.includes(name)) names.push(name);
    }
  }
  return names;
}

/**
 * A checked copy of the options that were given: `undefined`, `null`, and an `auth` of `false` count as not given, `"20"` as
 * 20, and 0, 1, `"false"` and `"true"` as false and true. Unknown names are passed on to the transports.
 *
 * @throws HoldfastError `BAD_OPTION`, naming the option and what it accepts
 */
export function checkOptions(options: unknown): Options {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new HoldfastError('BAD_OPTION', `options are ${show(options)}; accepted: an object`);
  }
  return check(options, '', NUMBERS, RULES, TEACHING_RULES);
}

function check(
  options: object,
  prefix: string,
  numbers: RegExp,
  rules: Readonly<Record<string, Rule>>,
  teaching: Readonly<Record<string, Rule>> = {},
): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const name of namesOf(options)) {
    const given = (options as Record<string, unknown>)[name];
    if (given == null || (name === 'auth' && given === false)) continue;
    let value: unknown = given;
    let rule = own(rules, name) ?? own(teaching, name);
    if (numbers.test(name)) {
      rule = numberRule(name);
      if (isString(given) && /^(\d+(\.\d+)?|Infinity)$/.test(given as string)) value = Number(given);
      if (name === 'timeout' && given === 'false') value = false;
    } else if (!prefix && FLAGS.test(name)) {
      rule = flagRule;
      value = typeof given === 'object' ? given : (own(SWITCHES, `${given}`) ?? given);
    }
    if (rule ? !rule.accepts(value) : DEVELOPMENT ? prefix : false) {
      const accepted = rule?.accepted ?? 'only maxPackets, maxBytes, maxAgeMs, whenFull';
      throw new HoldfastError(
        'BAD_OPTION',
        `option "${prefix}${name}" is ${show(value)}; accepted: ${accepted}`,
      );
    }
    copy[name] = name === 'outbox' ? check(value as object, 'outbox.', OUTBOX_NUMBERS, OUTBOX_RULES) : value;
  }
  return copy;
}

const own = <Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;
