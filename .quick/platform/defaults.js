const MiB = 2 ** 20;

const DEFAULTS = {
  path: "/socket.io",
  addTrailingSlash: !0,
  timestampParam: "t",
  transports: [ "websocket", "polling" ],
  autoConnect: !0,
  upgrade: !0,
  rememberUpgrade: !1,
  verify: !0,
  reconnection: !0,
  reconnectionAttempts: 1 / 0,
  reconnectionDelay: 1e3,
  reconnectionDelayMax: 5e3,
  randomizationFactor: .5,
  timeout: 2e4,
  requestTimeout: 0,
  ackTimeout: 1 / 0,
  highWaterMark: MiB,
  maxAttachments: 1e4,
  maxSentAttachments: 10,
  maxReceivedBytes: 100 * MiB,
  maxPendingAcks: 1e5,
  retries: 0,
  retryWindow: 1,
  rejectUnauthorized: !0,
  perMessageDeflate: {
    threshold: 1024
  }
};

const OUTBOX_DEFAULTS = {
  maxPackets: 1e4,
  maxBytes: 16 * MiB,
  maxAgeMs: 1 / 0,
  whenFull: "refuse"
};

const SETTINGS = [ "reconnection", "reconnectionAttempts", "reconnectionDelay", "reconnectionDelayMax", "randomizationFactor", "timeout" ];

export { DEFAULTS, OUTBOX_DEFAULTS, SETTINGS };
