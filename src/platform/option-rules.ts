import { HoldfastError } from './errors.js';
import type { Options } from './options.js';
import { show } from './show.js';

/** What each option accepts. */
interface Rule {
  readonly accepted: string;
  readonly accepts: (value: unknown) => boolean;
  /** Turns what means the same, as configuration files write it, into what is accepted. */
  readonly coerce?: (value: unknown) => unknown;
  /** What an object may consist of. */
  readonly parts?: Readonly<Record<string, Rule>>;
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value);
const isString = (value: unknown): boolean => typeof value === 'string';
const isFunction = (value: unknown): boolean => typeof value === 'function';
const isPlain = (value: unknown): boolean => typeof value === 'object' && !Array.isArray(value);

const isNumeric = (value: unknown): boolean => typeof value === 'string' && /^\d+(\.\d+)?$/.test(value);
const coerce = (value: unknown): unknown =>
  isNumeric(value) || value === 'Infinity' ? Number(value) : value;
const SWITCHES = new Map<unknown, boolean>([
  [0, false],
  [1, true],
  ['false', false],
  ['true', true],
]);

const flag: Rule = {
  accepted: 'true or false',
  accepts: (value) => typeof value === 'boolean',
  coerce: (value) => SWITCHES.get(value) ?? value,
};
const text: Rule = { accepted: 'a string', accepts: isString };
const count: Rule = { accepted: 'a number, 0 or more', accepts: (v) => isNumber(v) && v >= 0, coerce };
const ms: Rule = { ...count, accepted: 'a number of milliseconds, 0 or more' };
const callback: Rule = { accepted: 'a function', accepts: isFunction };
const object: Rule = { accepted: 'an object', accepts: isPlain };
const transport: Rule = {
  accepted: 'a list of "websocket", "polling", "webtransport" or transport classes',
  accepts: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => isFunction(item) || /^(websocket|polling|webtransport)$/.test(item)),
};

const rules: Readonly<Record<string, Rule>> = {
  ackTimeout: ms,
  addTrailingSlash: flag,
  auth: { accepted: 'an object or a function', accepts: (value) => isPlain(value) || isFunction(value) },
  autoConnect: flag,
  autoUnref: flag,
  closeOnBeforeunload: flag,
  extraHeaders: object,
  forceBase64: flag,
  forceNew: flag,
  hideOffset: flag,
  highWaterMark: count,
  host: text,
  hostname: text,
  legacy: object,
  maxAttachments: count,
  maxPendingAcks: count,
  maxReceivedBytes: count,
  multiplex: flag,
  outbox: {
    ...object,
    parts: {
      maxPackets: count,
      maxBytes: count,
      maxAgeMs: ms,
      whenFull: {
        accepted: '"refuse", "drop-oldest" or "drop-newest"',
        accepts: (value) => ['refuse', 'drop-oldest', 'drop-newest'].includes(value as string),
      },
    },
  },
  parser: {
    accepted: 'an object with Encoder and Decoder classes',
    accepts(value) {
      const { Encoder, Decoder } = value as Record<string, unknown>;
      return isFunction(Encoder) && isFunction(Decoder);
    },
  },
  path: {
    accepted: 'a string that begins with a slash',
    accepts: (v) => typeof v === 'string' && /^(\/|$)/.test(v),
  },
  port: { accepted: 'a number or a string', accepts: (value) => isString(value) || isNumber(value) },
  query: { accepted: 'an object or a query string', accepts: (value) => isPlain(value) || isString(value) },
  randomizationFactor: {
    accepted: 'a number from 0 to 1',
    accepts: (v) => isNumber(v) && v >= 0 && v <= 1,
    coerce,
  },
  reconnection: flag,
  reconnectionAttempts: count,
  reconnectionDelay: ms,
  reconnectionDelayMax: ms,
  rememberUpgrade: flag,
  requestTimeout: ms,
  reconnectOnReject: callback,
  retries: count,
  retryWindow: {
    accepted: 'a number, 1 or more',
    accepts: (v) => isNumber(v) && v >= 1,
    coerce,
  },
  retryPolicy: callback,
  secure: flag,
  timeout: { accepted: `${ms.accepted}, or false`, accepts: (v) => v === false || ms.accepts(v), coerce },
  transportImplementations: transport,
  transportOptions: object,
  transports: transport,
  timestampRequests: flag,
  tryAllTransports: flag,
  upgrade: flag,
  useNativeTimers: flag,
  verify: flag,
  withCredentials: flag,
};

/**
 * A checked copy of the options that were given: `undefined`, `null`, and an `auth` of `false` count as not given, `"20"` as
 * 20, 0, 1, `"false"` and `"true"` as false and true. Names that are not known here are let through to the engine.
 *
 * @throws HoldfastError `BAD_OPTION`, naming the option and what it accepts
 */
export function checked(options: Options): Options {
  if (typeof options !== 'object' || Array.isArray(options)) {
    throw new HoldfastError('BAD_OPTION', `options are ${show(options)}; accepted: an object`);
  }
  return checkedParts(options, rules, '');
}

function checkedParts(
  options: object,
  known: Readonly<Record<string, Rule>>,
  prefix: string,
): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value == null || (name === 'auth' && (value as unknown) === false)) continue;
    const rule = Object.hasOwn(known, name) ? known[name] : undefined;
    const meant = rule?.coerce?.(value) ?? value;
    if (rule ? !rule.accepts(meant) : prefix) {
      const accepted = rule?.accepted ?? `only ${Object.keys(known).join(', ')}`;
      throw new HoldfastError(
        'BAD_OPTION',
        `option "${prefix}${name}" is ${show(value)}; accepted: ${accepted}`,
      );
    }
    copy[name] = rule?.parts ? checkedParts(meant as object, rule.parts, `${prefix}${name}.`) : meant;
  }
  return copy;
}
