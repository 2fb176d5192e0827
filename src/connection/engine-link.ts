import type { Environment } from '../platform/environment.js';
import type { ManagerOptions } from '../platform/options.js';
import type { Chunk } from '../protocol/encode.js';
import type { Handshake } from '../protocol/handshake.js';
import { Engine, type Internals, internals, type TransportClass } from './engine.js';
import type { Link, LinkHandlers, Opening } from './link.js';
import { HEAD_START_MS } from './negotiate.js';
import { type CandidateNews, RACE_NAME, Race, type RaceSettings } from './race.js';
import { transportClasses } from './transports.js';
import { keepUpgrading } from './upgrade.js';

export interface EngineLinkHandlers extends LinkHandlers {
  news(news: CandidateNews): void;
  /** The server's heartbeat came. */
  ping(): void;
  /** The session moved to another transport. */
  upgraded(): void;
  /** The transport of an open link reported an error; the link's end follows. */
  troubled(error: Error): void;
}

export interface EngineOpening extends Opening {
  readonly engine: Engine;
}

/**
 * Opens a link over engine.io-client: one engine, whose first transport is the race of all that `options` list.
 *
 * @param uri the server's address; nothing where `options.hostname` or the page's location tell it
 */
export function openEngineLink(
  uri: string | undefined,
  options: Readonly<Partial<ManagerOptions>>,
  { clock }: Environment,
  on: EngineLinkHandlers,
): EngineOpening {
  const { transportImplementations: _listed, rememberUpgrade, ...passedOn } = options;
  const transports = transportClasses(
    options.transportImplementations ?? options.transports ?? ['websocket', 'polling'],
  );
  if (rememberUpgrade && Engine.priorWebsocketSuccess) transports.sort(webSocketFirst);
  let slower: readonly string[] = [];
  const settings: RaceSettings = {
    clock,
    headStartMs: HEAD_START_MS,
    timeoutMs: options.timeout ?? 20_000,
    news: on.news,
    won: (names) => {
      slower = names;
    },
  };
  const engineOptions = {
    ...passedOn,
    transports: [Race, ...transports],
    // Copies of what the engine writes into.
    ...(options.extraHeaders && { extraHeaders: { ...options.extraHeaders } }),
    transportOptions: { ...options.transportOptions, [RACE_NAME]: { settings } },
    // Both are done here: the race tries every transport, and upgrades have deadlines.
    upgrade: false,
    tryAllTransports: false,
  };
  const engine = uri ? new Engine(uri, engineOptions as never) : new Engine(engineOptions as never);
  const inner = internals(engine);
  const listed = inner.transports;
  listed.shift();
  ignoreOffline(inner);

  let link: Link | undefined;
  let failure: unknown;
  let stopUpgrading = (): void => {};
  let lastSeenMs = clock.now();
  let silenceLimitMs = 0;
  let maxPayload = 0;
  let offered: readonly string[] = [];

  engine.on('handshake', (data) => {
    const { pingInterval, pingTimeout, upgrades, maxPayload: limit = 0 } = data as Handshake;
    maxPayload = limit;
    silenceLimitMs = pingInterval + pingTimeout;
    offered = upgrades;
  });
  engine.on('open', () => {
    link = linkOver(engine, maxPayload, () => clock.now() - lastSeenMs > silenceLimitMs);
    on.won(link);
    // Whoever heard of it may have closed it again.
    if (inner.readyState !== 'open') return;
    const target = upgradeTarget(listed, offered, engine.transport.name);
    if (target && options.upgrade !== false) {
      const atOnce = slower.includes(target) || listed[0] === 'polling';
      stopUpgrading = keepUpgrading(inner, target, atOnce, clock);
    }
  });
  engine.on('heartbeat', () => {
    lastSeenMs = clock.now();
  });
  engine.on('ping', on.ping);
  engine.on('upgrade', on.upgraded);
  engine.on('data', on.data);
  engine.on('error', (error) => {
    failure = error;
    if (link) on.troubled(error as Error);
  });
  engine.on('close', (reason, details) => {
    stopUpgrading();
    if (link) on.lost(reason, details);
    else on.exhausted(failure instanceof Error ? failure : new Error(String(failure ?? reason)));
  });

  return {
    engine,
    abandon() {
      if (!link) engine.close();
    },
  };
}

const webSocketFirst = (a: TransportClass, b: TransportClass): number =>
  Number(b.prototype.name === 'websocket') - Number(a.prototype.name === 'websocket');

/**
 * The engine ends a session when the browser says `offline`, even one to this very machine or its LAN. Whether the
 * server can still be reached, only the server can tell: the heartbeat finds out.
 */
function ignoreOffline(engine: Internals): void {
  const close = engine._onClose;
  engine._onClose = (reason, details) => {
    const { description } = (details ?? {}) as { description?: unknown };
    if (description !== 'network connection lost') close.call(engine, reason, details);
  };
}

/** The best transport that a polling session may still move to. */
function upgradeTarget(
  listed: readonly string[],
  offered: readonly string[],
  current: string,
): string | undefined {
  if (current !== 'polling') return undefined;
  return ['webtransport', 'websocket'].find((name) => listed.includes(name) && offered.includes(name));
}

function linkOver(engine: Engine, maxPayload: number, late: () => boolean): Link {
  return {
    maxPayload,
    get transport() {
      return engine.transport.name;
    },
    get writable() {
      return engine.readyState === 'open' && engine.transport.writable;
    },
    overdue() {
      if (!late()) return false;
      queueMicrotask(() => internals(engine)._onClose('ping timeout'));
      return true;
    },
    send(chunk: Chunk, compress: boolean) {
      engine.write(chunk as string, { compress });
    },
    close() {
      engine.close();
    },
  };
}
