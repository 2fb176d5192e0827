/** Turns what a manager and its sockets report into a stream of clean events. */
import type { SharingState } from '../../manager/manager-events.js';
import { type Cancel, systemClock } from '../../platform/clock.js';
import type { ConnectionError } from '../../platform/errors.js';
import type { TransportAttemptEvent } from '../../session/negotiate.js';
import type { Session } from '../../session/session.js';
import type { Transport } from '../../session/transports/transport.js';
import type { ContractViolation } from '../../socket/events.js';
import { isProbe } from '../../socket/probe.js';
import type { Socket } from '../../socket/socket.js';
import { ChunkReader } from './chunk-reader.js';
import { cleanText } from './clean.js';
import { cleanEvent } from './event-fields.js';
import type { ObservedEvent, ObservedPacket } from './observed.js';
import { textOf } from './text.js';
import { managerOf, type Watchable, watch } from './watch.js';

/** Options of `observe`. */
export interface ObserveOptions {
  /** Whether a packet is reported with its payload; called for each packet except CONNECT. @defaultValue `() => false` */
  payloads?: () => boolean;
  /** The monotonic clock, in milliseconds. @defaultValue `performance.now` */
  now?: () => number;
}

type WithoutTime<Event = ObservedEvent> = Event extends ObservedEvent ? Omit<Event, 'atMs'> : never;

/** How many pending acknowledgements are tracked; beyond that, the oldest is forgotten. */
const MAX_PENDING_ACKS = 2_000;

/**
 * Observes what happens to the connection of a manager or a socket, from now on. Without observers, it costs nothing.
 *
 * @returns stops observing
 */
export function observe(
  target: Watchable,
  listener: (event: ObservedEvent) => void,
  { payloads = () => false, now = () => systemClock().now() }: ObserveOptions = {},
): Cancel {
  const manager = managerOf(target);
  const transport = (): string => manager.transport ?? '';
  const parser = (): unknown => manager.opts.parser;
  const readers = {
    in: new ChunkReader(transport, parser, payloads),
    out: new ChunkReader(transport, parser, payloads),
  };
  /** Events with a pending acknowledgement, by sender, namespace and id. */
  const pending = new Map<string, Pick<ObservedPacket, 'number' | 'atMs' | 'event'>>();
  let count = 0;
  let round = 0;
  let reported = '';
  let latencyMs: number | undefined;
  let reason: string | undefined;
  let unwatchEngine: Cancel = () => {};
  let engine: Session | undefined;
  const startedAtMs = new Map<string, number>();

  const emit = (event: WithoutTime): void => listener(cleanEvent({ ...event, atMs: now() } as ObservedEvent));

  /** Emits the state and the round-trip time if they have changed. */
  const emitChanges = (): void => {
    const { status, transport, retryInMs } = manager;
    const state = status === 'reconnecting' && retryInMs !== undefined ? 'waiting' : status;
    const next = `${state} ${transport}`;
    if (next !== reported) {
      reported = next;
      emit({ type: 'state', state, transport, retryInMs, reason });
      reason = undefined;
    }
    if (manager.latencyMs !== latencyMs && manager.latencyMs !== undefined) {
      emit({ type: 'rtt', ms: manager.latencyMs });
    }
    latencyMs = manager.latencyMs;
  };

  const emitAttempt = (
    name: string,
    phase: TransportAttemptEvent['phase'] | 'open',
    probe: boolean,
    error?: string,
  ): void => {
    if (phase === 'start') startedAtMs.set(name, now());
    const ms = now() - (startedAtMs.get(name) ?? now());
    emit({ type: 'attempt', round, transport: name, probe, phase, ms, error });
  };

  /** Each attempt has its own session: only the session reports how far a transport got, and upgrades. */
  const followEngine = (): void => {
    if (engine === manager.engine) return;
    unwatchEngine();
    round++;
    engine = manager.engine;
    for (const reader of Object.values(readers)) reader.reset();
    pending.clear();
    unwatchEngine = watchUpgrades(engine, (name, phase, error) => emitAttempt(name, phase, true, error));
  };

  const onPacket = (direction: 'in' | 'out', chunk: unknown): void => {
    const read = readers[direction].read(chunk as string);
    if (!read || isProbe(read.nsp)) return;
    const { nsp, kind, ackId, event, bytes, attachments, payload } = read;
    const key = ackId === undefined ? '' : `${(direction === 'in') === (kind === 'ack')} ${nsp} ${ackId}`;
    const question = kind === 'ack' ? pending.get(key) : undefined;
    const atMs = now();
    const packet: ObservedPacket = {
      type: 'packet',
      atMs,
      number: ++count,
      direction,
      kind,
      nsp,
      event: event ?? question?.event,
      bytes,
      attachments,
      ackId,
      answers: question && { number: question.number, ms: atMs - question.atMs },
      payload,
    };
    if (question) pending.delete(key);
    else if (kind === 'event' && key) {
      pending.set(key, { number: packet.number, atMs, event: packet.event });
      if (pending.size > MAX_PENDING_ACKS) pending.delete(pending.keys().next().value as string);
    }
    listener(packet);
    if (direction === 'out' && kind === 'connect') emit({ type: 'namespace', nsp, state: 'joining' });
  };

  /** A server can send events of these names, too, with any arguments: nothing is trusted. */
  const onSocketEvent = (socket: Socket, event: string, [first, second]: readonly unknown[]): void => {
    const { nsp } = socket;
    switch (event) {
      case 'connect':
        emit({ type: 'namespace', nsp, state: 'joined', id: socket.id, recovered: socket.recovered });
        break;
      case 'disconnect':
        emit({ type: 'namespace', nsp, state: 'left', reason: textOf(first) });
        break;
      case 'connect_error':
        // The manager reports the failure of the whole connection.
        if (first instanceof Error && !('attempts' in first)) {
          emit({ type: 'namespace', nsp, state: 'refused', reason: first.message });
        }
        break;
      case 'gap': {
        const awayMs = (first as { awayMs?: unknown } | null | undefined)?.awayMs;
        if (typeof awayMs === 'number') emit({ type: 'gap', nsp, awayMs });
        break;
      }
      case 'dropped':
        if (first instanceof Error) {
          const { code, message } = first as Error & { code?: string };
          const name = Array.isArray(second) ? second[0] : undefined;
          emit({ type: 'dropped', nsp, event: textOf(name), code, message });
        }
        break;
      case 'invalid':
        if (first instanceof Error && 'issues' in first) {
          const { event: name, path, issues } = first as Error & ContractViolation;
          // Some libraries repeat the value, which may be a secret.
          const message = issues[0]?.message.replace(/[,;:]? (but )?(received|was)\b[\s\S]*/i, '');
          emit({
            type: 'invalid',
            nsp,
            event: textOf(name),
            path: path.map(String).join('.'),
            message: textOf(message),
          });
        }
    }
  };

  const onManagerEvent = (event: string, [first]: readonly unknown[]): void => {
    if (event === 'sharing') {
      emit({ type: 'sharing', ...(first as SharingState) });
      return;
    }
    if (event === 'attempt') {
      const { transport, phase, error } = first as TransportAttemptEvent;
      followEngine();
      emitChanges();
      emitAttempt(transport, phase, false, error);
      return;
    }
    if (event === 'close' || event === 'error')
      reason = cleanText(first instanceof Error ? first.message : first);
    if (event === 'error' && first instanceof Error && 'attempts' in first) {
      const { message, hint, attempts, code } = first as ConnectionError;
      emit({ type: 'failure', round, lost: code === undefined, message, hint, attempts });
    }
    emitChanges();
  };

  const stop = watch(manager, {
    chunk: onPacket,
    event(source, event, args) {
      if (source === manager) onManagerEvent(event, args);
      else onSocketEvent(source as Socket, event, args);
    },
    dialled(transport) {
      followEngine();
      const { name } = transport;
      // Before the session is open, its candidates report the rest.
      const probe = engine?.readyState === 'open';
      if (probe) emitAttempt(name, 'start', true);
      transport.on('open', () => {
        if (engine === manager.engine) emitAttempt(name, 'open', probe);
      });
    },
  });
  if (manager.engine && manager.status !== 'idle') followEngine();
  const { sharing } = manager as { readonly sharing?: SharingState };
  // It only reports changes: the tabs may already have shared the connection for a long time.
  if (sharing?.members) emit({ type: 'sharing', ...sharing });
  emitChanges();
  return () => {
    stop();
    unwatchEngine();
  };
}

type OnUpgrade = (transport: string, phase: 'failed' | 'won', error?: string) => void;

function watchUpgrades(engine: Session, listener: OnUpgrade): Cancel {
  const onUpgrade = ({ name }: Transport): void => listener(name, 'won');
  const onUpgradeError = (error: Error & { transport?: string }): void =>
    listener(error.transport ?? '', 'failed', error.message);
  engine.on('upgrade', onUpgrade);
  engine.on('upgradeError', onUpgradeError);
  return () => {
    engine.off('upgrade', onUpgrade);
    engine.off('upgradeError', onUpgradeError);
  };
}
