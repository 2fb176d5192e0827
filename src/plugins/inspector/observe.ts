import type { Engine, RawTransport } from '../../connection/engine.js';
import type { CandidateNews } from '../../connection/race.js';
import { isEcho } from '../../namespace/echo.js';
import { type Cancel, systemClock } from '../../platform/clock.js';
import type { ConnectionError, HoldfastError } from '../../platform/errors.js';
import type { Socket } from '../../socket/socket.js';
import { ChunkReader } from './chunk-reader.js';
import type { Observed, ObservedPacket } from './observed.js';
import { managerOf, type Watchable, watch } from './watch.js';

/** What is told of a connection. */
export interface ObserveOptions {
  /** Whether packets come with what is in them; asked for each one. CONNECT never does. @defaultValue `() => false` */
  payloads?: () => boolean;
  /** The monotonic clock, in milliseconds. @defaultValue `performance.now` */
  now?: () => number;
}

type Told<Event = Observed> = Event extends Observed ? Omit<Event, 'atMs'> : never;

/** So many acknowledgements are waited for at most; the oldest is forgotten. */
const MAX_PENDING_ACKS = 10_000;

/**
 * The stream of what happens to the connection of a manager or a socket, from now on. It costs nothing when nobody observes.
 *
 * @returns ends it
 */
export function observe(
  target: Watchable,
  listener: (event: Observed) => void,
  { payloads = () => false, now = systemClock().now }: ObserveOptions = {},
): Cancel {
  const manager = managerOf(target);
  const transport = (): string => manager.transport ?? '';
  const parser = (): unknown => manager.opts.parser;
  const readers = { in: new ChunkReader(transport, parser), out: new ChunkReader(transport, parser) };
  /** Events that wait for their acknowledgement, by who sent them, namespace and id. */
  const pending = new Map<string, Pick<ObservedPacket, 'no' | 'atMs' | 'event'>>();
  let count = 0;
  let round = 0;
  let shown = '';
  let latencyMs: number | undefined;
  let reason: string | undefined;
  let leaveEngine: Cancel = () => {};
  let engine: Engine | undefined;
  const startedAtMs = new Map<string, number>();

  const tell = (event: Told): void => listener({ ...event, atMs: now() } as Observed);

  /** Looks whether the state is another one. */
  const look = (): void => {
    const { status, transport, retryInMs } = manager;
    const state = status === 'reconnecting' && retryInMs !== undefined ? 'waiting' : status;
    const next = `${state} ${transport}`;
    if (next !== shown) {
      shown = next;
      tell({ type: 'state', state, transport, retryInMs, reason });
      reason = undefined;
    }
    if (manager.latencyMs !== latencyMs && manager.latencyMs !== undefined) {
      tell({ type: 'rtt', ms: manager.latencyMs });
    }
    latencyMs = manager.latencyMs;
  };

  const attempt = (
    name: string,
    phase: CandidateNews['phase'] | 'open',
    probe: boolean,
    error?: string,
  ): void => {
    if (phase === 'start') startedAtMs.set(name, now());
    const ms = now() - (startedAtMs.get(name) ?? now());
    tell({ type: 'attempt', round, transport: name, probe, phase, ms, error });
  };

  /** Each try has an engine of its own: only that tells how far a transport came, and of upgrades. */
  const enterEngine = (): void => {
    if (engine === manager.engine) return;
    leaveEngine();
    round++;
    engine = manager.engine;
    for (const reader of Object.values(readers)) reader.reset();
    pending.clear();
    leaveEngine = watchEngine(engine, (name, phase, error) => {
      // Before the engine is open, its transports run a race, which tells of the rest by itself.
      const probe = engine?.readyState === 'open';
      if (probe || phase === 'open') attempt(name, phase, probe, error);
    });
  };

  const packet = (way: 'in' | 'out', chunk: unknown): void => {
    const read = readers[way].read(chunk as string);
    if (!read || isEcho(read.nsp)) return;
    const { nsp, kind, ackId, event, bytes, attachments, payload } = read;
    const asked = ackId === undefined ? '' : `${(way === 'in') === (kind === 'ack')} ${nsp} ${ackId}`;
    const question = kind === 'ack' ? pending.get(asked) : undefined;
    const atMs = now();
    const told: ObservedPacket = {
      type: 'packet',
      atMs,
      no: ++count,
      way,
      kind,
      nsp,
      event: event ?? question?.event,
      bytes,
      attachments,
      ackId,
      answers: question && { no: question.no, ms: atMs - question.atMs },
      payload: payloads() ? payload : undefined,
    };
    if (question) pending.delete(asked);
    else if (kind === 'event' && asked) {
      pending.set(asked, { no: told.no, atMs, event: told.event });
      if (pending.size > MAX_PENDING_ACKS) pending.delete(pending.keys().next().value as string);
    }
    listener(told);
    if (way === 'out' && kind === 'connect') tell({ type: 'namespace', nsp, state: 'joining' });
  };

  const ofSocket = (socket: Socket, event: string, [first, second]: readonly unknown[]): void => {
    const { nsp } = socket;
    const error = first as HoldfastError;
    switch (event) {
      case 'connect':
        tell({ type: 'namespace', nsp, state: 'joined', id: socket.id, recovered: socket.recovered });
        break;
      case 'disconnect':
        tell({ type: 'namespace', nsp, state: 'left', reason: String(first) });
        break;
      case 'connect_error':
        // That the whole connection failed, the manager tells.
        if (!('attempts' in error)) tell({ type: 'namespace', nsp, state: 'refused', reason: error.message });
        break;
      case 'gap':
        tell({ type: 'gap', nsp, awayMs: Number((first as { awayMs?: number } | undefined)?.awayMs) });
        break;
      case 'dropped': {
        const [name] = (second ?? []) as readonly unknown[];
        if (error instanceof Error)
          tell({ type: 'dropped', nsp, event: String(name), code: error.code, message: error.message });
      }
    }
  };

  const ofManager = (event: string, [first]: readonly unknown[]): void => {
    if (event === 'attempt') {
      const { transport, phase, error } = first as CandidateNews;
      enterEngine();
      look();
      attempt(transport, phase, false, error);
      return;
    }
    if (event === 'close' || event === 'error') reason = (first as Error).message ?? String(first);
    if (event === 'error' && 'attempts' in (first as object)) {
      const { message, hint, attempts, code } = first as ConnectionError;
      tell({ type: 'failure', round, lost: code === undefined, message, hint, attempts });
    }
    look();
  };

  const stop = watch(manager, (source, event, args) => {
    if (event === 'in' || event === 'out') packet(event, args[0]);
    else if (source === manager) ofManager(event, args);
    else ofSocket(source as Socket, event, args);
  });
  if (manager.engine && manager.status !== 'idle') enterEngine();
  look();
  return () => {
    stop();
    leaveEngine();
  };
}

type EngineNews = (transport: string, phase: 'start' | 'open' | 'failed' | 'won', error?: string) => void;

/** What of an engine tells of its transports. */
interface Watched {
  createTransport(name: string): RawTransport;
  on(event: string, listener: (value: never) => void): unknown;
  off(event: string, listener: (value: never) => void): unknown;
}

function watchEngine(engine: Engine, tell: EngineNews): Cancel {
  const inner = engine as unknown as Watched;
  const create = inner.createTransport;
  let on = true;
  const createAndTell = (name: string): RawTransport => {
    if (on) tell(name, 'start');
    const transport = create.call(engine, name);
    transport.on('open', () => {
      if (on) tell(name, 'open');
    });
    return transport;
  };
  inner.createTransport = createAndTell;
  const upgraded = ({ name }: RawTransport): void => tell(name, 'won');
  const failed = (error: Error & { transport?: string }): void =>
    tell(error.transport ?? '', 'failed', error.message);
  inner.on('upgrade', upgraded);
  inner.on('upgradeError', failed);
  return () => {
    on = false;
    // Another one may have done the same since.
    if (inner.createTransport === createAndTell) inner.createTransport = create;
    inner.off('upgrade', upgraded);
    inner.off('upgradeError', failed);
  };
}
