/** Every default of every option, in one table. Times are in milliseconds, sizes in bytes. */
const MiB = 2 ** 20;

export const DEFAULTS = {
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
  timeout: 20_000 as number | false,
  requestTimeout: 0,
  highWaterMark: MiB,
  maxAttachments: 10_000,
  maxSentAttachments: 10,
  maxReceivedBytes: 100 * MiB,
  maxPendingAcks: 100_000,
  retries: 0,
  retryWindow: 1,
  rejectUnauthorized: true,
  perMessageDeflate: { threshold: 1_024 } as { threshold: number } | boolean,
} as const;

/** Of the option `outbox`. */
export const OUTBOX_DEFAULTS = {
  maxPackets: 10_000,
  maxBytes: 16 * MiB,
  maxAgeMs: Number.POSITIVE_INFINITY,
  whenFull: 'refuse' as 'refuse' | 'drop-oldest' | 'drop-newest',
} as const;
