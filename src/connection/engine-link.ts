import { type Cancel, coarse } from '../platform/clock.js';
import type { Environment } from '../platform/environment.js';
import { type Attempt, helpOf } from '../platform/errors.js';
import type { Options } from '../platform/options.js';
import type { Codec } from '../protocol/codec.js';
import type { Handshake } from '../protocol/handshake.js';
import { Engine, internals, type TransportClass } from './engine.js';
import { countExactly } from './engine-queue.js';
import { type Legacy, provided } from './generation.js';
import { graceForLateTimers, ignoreOffline } from './heartbeat.js';
import { hintFor } from './hints.js';
import type { Link, LinkHandlers, Opening } from './link.js';
import { LiveLink } from './live-link.js';
import {
  type CandidateNews,
  failureOf,
  RACE_NAME,
  Race,
  type RaceResult,
  type RaceSettings,
} from './race.js';
import { headStartMs, preferred, type TransportMemory } from './transport-memory.js';
import { transportClasses } from './transports.js';
import { keepUpgrading, type Upgrading } from './upgrade.js';

export interface EngineLinkHandlers extends LinkHandlers {
  news(news: CandidateNews): void;
  /** The server's heartbeat came. */
  ping(): void;
  /** The session moved to another transport. */
  upgraded(): void;
  /** A link whose heartbeat was overdue has shown a sign of life. */
  revived(): void;
  /** The transport of an open link reported an error; the link's end follows. */
  troubled(error: Error): void;
}

export interface EngineOpening extends Opening {
  readonly engine: Engine;
}

/** Where to, by what, and what is known of the way. */
export interface EngineTarget {
  /** The server's address; nothing where `options.hostname` or the page's location tell it. */
  readonly uri: string | undefined;
  readonly options: Readonly<Options>;
  readonly memory: TransportMemory;
  readonly newCodec: () => Codec;
  /** Transports over which the server did not answer in this try. */
  readonly deaf: readonly Attempt[];
  /** Whether the server was away a moment ago. */
  readonly again?: boolean;
}

export const DEFAULT_TRANSPORTS: readonly string[] = ['websocket', 'polling'];

/** Opens a link over engine.io-client: one engine, whose first transport is the race of all that are listed. */
export function openEngineLink(
  target: EngineTarget,
  { clock, dateMs }: Environment,
  on: EngineLinkHandlers,
): EngineOpening {
  const { memory, newCodec } = target;
  const legacy = (target.options.legacy as Legacy | undefined) ?? provided.legacy;
  let result: RaceResult | undefined;
  const engine = newEngine(target, {
    clock,
    headStartMs: headStartMs(memory.recall().rttMs),
    timeoutMs: target.options.timeout ?? 20_000,
    deaf: target.deaf,
    news: on.news,
    won(ended) {
      result = ended;
      learn(memory, ended);
    },
  });
  const inner = internals(engine);
  const nowMs = coarse(clock, dateMs);
  ignoreOffline(inner);
  countExactly(inner);
  legacy?.prepare(inner, memory);
  const grace = graceForLateTimers(inner, clock, on.revived);
  const out = (): readonly string[] => [
    ...(result?.failed ?? []),
    ...target.deaf.map(({ transport }) => transport),
  ];

  let link: Link | undefined;
  let failure: unknown;
  let upgrading: Upgrading | undefined;
  let cancelMeeting: Cancel | undefined;
  let handshake: Handshake | undefined;

  engine.on('handshake', (data) => {
    handshake = data as Handshake;
    grace.limitMs = handshake.pingInterval + handshake.pingTimeout;
  });
  engine.on('open', () => {
    if (target.deaf.some(({ transport }) => transport === 'websocket')) {
      // The server answers here, and did not over WebSocket.
      engine.once('message', () => memory.remember({ webSocketFailed: true }));
    }
    if (legacy && handshake && !handshake.maxPayload && !target.options.parser) {
      // It is not clear of which generation the server is: it is asked before anything else is said.
      const meeting = { engine: inner, handshake, clock, memory, newCodec, receive: on.data };
      cancelMeeting = legacy.meet(meeting, proceed);
    } else proceed();
  });
  const proceed = (codec?: Codec): void => {
    // Only now: a program that listens to the engine hears of a message before its sockets do.
    engine.on('message', on.data);
    link = new LiveLink(engine, grace, {
      maxPayload: handshake?.maxPayload ?? 0,
      othersLeft: inner.transports.length > out().length + 1,
      improve: () => upgrading?.now(),
      codec,
    });
    on.won(link);
    // Whoever heard of it may have closed it again.
    if (inner.readyState !== 'open' || target.options.upgrade === false) return;
    const better = upgradeTarget(inner.transports, handshake?.upgrades ?? [], engine.transport.name);
    if (!better) return;
    const atOnce =
      result?.slower.includes(better) ||
      // The outage may have ended between the two: it was not WebSocket that failed, then.
      (target.again && result?.failed.includes(better)) ||
      (inner.transports[0] === 'polling' && !memory.recall().webSocketFailed);
    upgrading = keepUpgrading(inner, better, atOnce, clock, () => {
      if (better === 'websocket') memory.remember({ webSocketFailed: true });
    });
  };
  engine.on('heartbeat', () => {
    grace.lastSeenMs = nowMs();
  });
  engine.on('ping', () => {
    if (inner.readyState === 'open') on.ping();
  });
  engine.on('upgrade', (transport) => {
    if (transport.name === 'websocket') memory.remember({ webSocketFailed: false });
    on.upgraded();
  });
  engine.on('error', (error) => {
    failure = error;
    if (link && inner.readyState === 'open') on.troubled(explained(error as Error, engine.transport.name));
  });
  engine.on('close', (reason, details) => {
    cancelMeeting?.();
    upgrading?.stop();
    grace.stop();
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

function newEngine({ uri, options, memory }: EngineTarget, settings: RaceSettings): Engine {
  const { transportImplementations, rememberUpgrade, ...passedOn } = options;
  // A list that the program gave is obeyed in its order; only our own is changed by what is remembered.
  const listed =
    transportImplementations ?? options.transports ?? preferred(DEFAULT_TRANSPORTS, memory.recall());
  const transports = transportClasses(listed);
  if (rememberUpgrade && Engine.priorWebsocketSuccess) transports.sort(webSocketFirst);
  const engineOptions = {
    ...passedOn,
    transports: [Race, ...transports],
    // Copies of what the engine and its transports write into.
    ...ownCopies(options),
    transportOptions: { ...perTransport(options.transportOptions), [RACE_NAME]: { settings } },
    // Both are done here: the race tries every transport, and upgrades have deadlines.
    upgrade: false,
    tryAllTransports: false,
  };
  const engine = uri ? new Engine(uri, engineOptions as never) : new Engine(engineOptions as never);
  internals(engine).transports.shift();
  return engine;
}

interface Written {
  readonly extraHeaders?: object | undefined;
  readonly query?: object | string | undefined;
}

const ownCopies = ({ extraHeaders, query }: Written): Written => ({
  ...(extraHeaders && { extraHeaders: { ...extraHeaders } }),
  ...(query && { query: typeof query === 'string' ? query : { ...query } }),
});

const perTransport = (options: object = {}): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(options).map(([name, own]) => [
      name,
      { ...(own as object), ...ownCopies(own as Written) },
    ]),
  );

/** Being offline teaches nothing: that WebSocket failed counts only where polling, in the same try, did not. */
function learn(memory: TransportMemory, { winner, ms, failed, slower }: RaceResult): void {
  const webSocketFailed = winner === 'polling' && [...failed, ...slower].includes('websocket');
  memory.remember({
    ...((winner === 'websocket' || webSocketFailed) && { webSocketFailed }),
    // A transport is open after two round trips at least.
    ...(memory.recall().rttMs === undefined && { rttMs: ms / 2 }),
  });
}

const webSocketFirst = (a: TransportClass, b: TransportClass): number =>
  Number(b.prototype.name === 'websocket') - Number(a.prototype.name === 'websocket');

/** The best transport that a polling session may still move to. */
function upgradeTarget(
  listed: readonly string[],
  offered: readonly string[],
  current: string,
): string | undefined {
  if (current !== 'polling') return undefined;
  return ['webtransport', 'websocket'].find((name) => listed.includes(name) && offered.includes(name));
}

/** The request of an open session that is refused was, most often, answered by another node of the server. */
function explained(error: Error, transport: string): Error {
  if (typeof (error as Error & { description?: unknown }).description !== 'number') return error;
  // The cause would be this very error.
  const { cause: _, ...failure } = failureOf(error);
  const attempt: Attempt = { transport, phase: 'connect', ms: 0, ...failure };
  const code = 'TRANSPORT_FAILED';
  return Object.assign(error, { code, help: helpOf(code), hint: hintFor([attempt]), attempts: [attempt] });
}
