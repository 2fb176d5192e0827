import { type Cancel, systemClock } from '../../platform/clock.js';
import type { ConnectionError, HoldfastError } from '../../platform/errors.js';
import type { TransportAttemptEvent } from '../../session/negotiate.js';
import type { Session } from '../../session/session.js';
import type { Transport } from '../../session/transports/transport.js';
import { isProbe } from '../../socket/probe.js';
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
  let engine: Session | undefined;
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
    phase: TransportAttemptEvent['phase'] | 'open',
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
    leaveEngine = watchUpgrades(engine, (name, phase, error) => attempt(name, phase, true, error));
  };

  const packet = (way: 'in' | 'out', chunk: unknown): void => {
    const read = readers[way].read(chunk as string);
    if (!read || isProbe(read.nsp)) return;
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
      const { transport, phase, error } = first as TransportAttemptEvent;
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

  const stop = watch(manager, {
    chunk: packet,
    event(source, event, args) {
      if (source === manager) ofManager(event, args);
      else ofSocket(source as Socket, event, args);
    },
    dialled(transport) {
      enterEngine();
      const { name } = transport;
      // Before the session is open, its candidates announce the rest by themselves.
      const probe = engine?.readyState === 'open';
      if (probe) attempt(name, 'start', true);
      transport.on('open', () => {
        if (engine === manager.engine) attempt(name, 'open', probe);
      });
    },
  });
  if (manager.engine && manager.status !== 'idle') enterEngine();
  look();
  return () => {
    stop();
    leaveEngine();
  };
}

type UpgradeNews = (transport: string, phase: 'failed' | 'won', error?: string) => void;

function watchUpgrades(engine: Session, tell: UpgradeNews): Cancel {
  const upgraded = ({ name }: Transport): void => tell(name, 'won');
  const failed = (error: Error & { transport?: string }): void =>
    tell(error.transport ?? '', 'failed', error.message);
  engine.on('upgrade', upgraded);
  engine.on('upgradeError', failed);
  return () => {
    engine.off('upgrade', upgraded);
    engine.off('upgradeError', failed);
  };
}
