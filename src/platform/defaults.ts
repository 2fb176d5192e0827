/** All defaults of the options in one table, which also gives each option's type. Times are in milliseconds, sizes in bytes. */
import type { Options } from './options.js';

const MiB = 2 ** 20;

interface Defaults {
  readonly path: string;
  readonly addTrailingSlash: boolean;
  readonly timestampParam: string;
  readonly transports: readonly string[];
  readonly autoConnect: boolean;
  readonly upgrade: boolean;
  readonly rememberUpgrade: boolean;
  readonly verify: boolean;
  readonly reconnection: boolean;
  readonly reconnectionAttempts: number;
  readonly reconnectionDelay: number;
  readonly reconnectionDelayMax: number;
  readonly randomizationFactor: number;
  readonly timeout: number | false;
  readonly requestTimeout: number;
  readonly ackTimeout: number;
  readonly highWaterMark: number;
  readonly maxAttachments: number;
  readonly maxSentAttachments: number;
  readonly maxReceivedBytes: number;
  readonly maxPendingAcks: number;
  readonly retries: number;
  readonly retryWindow: number;
  readonly rejectUnauthorized: boolean;
  readonly perMessageDeflate: { readonly threshold: number } | boolean;
}

export const DEFAULTS: Defaults = {
  path: '/socket.io',
  addTrailingSlash: true,
  timestampParam: 't',
  transports: ['websocket', 'polling'],
  autoConnect: true,
  upgrade: true,
  rememberUpgrade: false,
  verify: true,
  reconnection: true,
  reconnectionAttempts: Number.POSITIVE_INFINITY,
  reconnectionDelay: 1_000,
  reconnectionDelayMax: 5_000,
  randomizationFactor: 0.5,
  timeout: 20_000,
  requestTimeout: 0,
  ackTimeout: Number.POSITIVE_INFINITY,
  highWaterMark: MiB,
  maxAttachments: 10_000,
  maxSentAttachments: 10,
  maxReceivedBytes: 100 * MiB,
  maxPendingAcks: 100_000,
  retries: 0,
  retryWindow: 1,
  rejectUnauthorized: true,
  perMessageDeflate: { threshold: 1_024 },
};

/** Of the option `outbox`. */
export const OUTBOX_DEFAULTS: {
  readonly maxPackets: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly whenFull: 'refuse' | 'drop-oldest' | 'drop-newest';
} = {
  maxPackets: 10_000,
  maxBytes: 16 * MiB,
  maxAgeMs: Number.POSITIVE_INFINITY,
  whenFull: 'refuse',
};

/** The type of an option after its default has been applied. */
export type Setting<Name extends keyof Options> = Name extends keyof Defaults
  ? NonNullable<Options[Name]>
  : Options[Name];

/** The options that can also be read and set by a method of the manager of their name. */
export const SETTINGS = [
  'reconnection',
  'reconnectionAttempts',
  'reconnectionDelay',
  'reconnectionDelayMax',
  'randomizationFactor',
  'timeout',
] as const;
