/**
 * Derives the state of a page's connections from its traffic: status, transport, attempts, packets. It is read on the wire, so the page
 * needs no preparation, and it works for holdfast and for the official client.
 */
import { attempt as attemptTo } from '../platform/attempt.js';
import { isoTime } from '../platform/dates.js';
import type { Environment } from '../platform/environment.js';
import { CHECK } from '../platform/reach.js';
import { ChunkReader } from '../plugins/inspector/chunk-reader.js';
import { cleanEvent } from '../plugins/inspector/event-fields.js';
import { type Log, toLog } from '../plugins/inspector/log.js';
import type { ObservedEvent, ObservedState, PacketKind } from '../plugins/inspector/observed.js';
import { ConnectionRecord } from '../plugins/inspector/record.js';
import { isProbe } from '../socket/probe.js';
import { bytesOfBase64 } from '../testing/polling.js';
import type { Tap, TappedConnection } from './proxy.js';

/** `closed`: the page or the server has ended it, and it will not reconnect by itself. */
export type ConnectionStatus = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'closed';

/** A transport that was tried. */
export interface ObservedAttempt {
  readonly transport: 'websocket' | 'polling';
  readonly outcome: 'pending' | 'won' | 'failed';
  /** Why it failed, if known. */
  readonly error?: string;
}

/** A Socket.IO packet that went over the wire. */
export interface WirePacket {
  readonly direction: 'in' | 'out';
  readonly kind: PacketKind;
  readonly namespace: string;
  readonly event?: string | undefined;
  /** The JSON text after the header. That of CONNECT is never kept. */
  readonly payload?: string | undefined;
  readonly bytes: number;
}

/** The connections of one page to one server, as seen on the wire. */
export interface ObservedConnection {
  /** The server and its path: `http://127.0.0.1:3000/socket.io/`. */
  readonly url: string;
  readonly status: ConnectionStatus;
  /**
   * Whether the network still carries the connection. After `network.cut()`, `die()` and `offline()` the page may believe for a while that
   * it is connected.
   */
  readonly alive: boolean;
  /** The transport in use, while connected. */
  readonly transport: 'websocket' | 'polling' | undefined;
  /** The transports that were tried, oldest first. */
  readonly attempts: readonly ObservedAttempt[];
  /** The namespaces that the page has joined. */
  readonly namespaces: readonly string[];
  /** The namespaces that the server has refused, unless the page has joined them since, each with the server's message. */
  readonly refusals: readonly { readonly namespace: string; readonly message: string }[];
  /** How often the page has connected. */
  readonly connections: number;
  readonly packets: readonly WirePacket[];
}

/** How many packets of one server are kept. */
const MAX_PACKETS = 5_000;

/** Requests for several transports belong to one race if they are seen within this time, in milliseconds. */
const RACE_MS = 2_000;

interface Session {
  readonly sid: string;
  transport: 'websocket' | 'polling';
  readonly namespaces: Set<string>;
  /** A WebSocket by itself, or long-polling. */
  carrier: Carried | undefined;
  readonly readers: Readonly<Record<'in' | 'out', ChunkReader>>;
  /** The events with a pending answer, by the direction of the answer, namespace and id. */
  readonly asked: Map<
    string,
    { readonly number: number; readonly atMs: number; readonly event: string | undefined }
  >;
  readonly startedAtMs: number;
  /** Whether the page has ever been in a namespace over it. */
  joined: boolean;
  /** Whether the page or the server has closed it. */
  left: boolean;
  over: boolean;
  /** Whether a fault of the network has ended it. */
  dead: boolean;
}

interface Carried {
  readonly transport: 'websocket' | 'polling';
  session: Session | undefined;
  /** Observations before its session is known: the handshake response is reported late if a browser reads it. */
  readonly early: (() => void)[];
}

interface Attempt {
  readonly transport: 'websocket' | 'polling';
  outcome: ObservedAttempt['outcome'];
  error?: string;
  readonly startedAtMs: number;
  readonly probe: boolean;
}

const SEPARATOR = '\x1e';

/** One server, as one page knows it. */
class Server implements ObservedConnection {
  readonly attempts: Attempt[] = [];
  readonly packets: WirePacket[] = [];
  connections = 0;
  readonly record: ConnectionRecord = new ConnectionRecord();
  /** The server's messages, by namespace. */
  private readonly _refused: Map<string, string> = new Map();
  private _sessions: Session[] = [];
  /** Requests of sessions that are not known yet, and their ids. */
  private readonly _unknown: Map<Carried, string> = new Map();
  private _round = 0;
  private _number = 0;
  private _state: ObservedState = 'idle';

  constructor(
    readonly url: string,
    private readonly _nowMs: () => number,
    private readonly _changed: () => void,
  ) {}

  get _current(): Session | undefined {
    return this._sessions.filter(({ over, namespaces }) => !over && namespaces.size > 0).pop();
  }

  get status(): ConnectionStatus {
    if (this._current) return 'connected';
    if (this.connections === 0) return this.attempts.length === 0 ? 'idle' : 'connecting';
    // One that was slower than another transport is not the page's connection.
    const last = this._sessions.filter(({ joined }) => joined).pop();
    return last?.left ? 'closed' : 'reconnecting';
  }

  get alive(): boolean {
    return this._current?.dead === false;
  }

  get transport(): 'websocket' | 'polling' | undefined {
    return this._current?.transport;
  }

  get namespaces(): string[] {
    return [...(this._current?.namespaces ?? [])];
  }

  get refusals(): { namespace: string; message: string }[] {
    return [...this._refused].map(([namespace, message]) => ({ namespace, message }));
  }

  /** Called after a fault that ends every connection. */
  died(): void {
    for (const session of this._sessions) session.dead = true;
    this._tell();
  }

  opened(transport: 'websocket' | 'polling', sid: string | null): TappedConnection {
    // Only the first request of a long-polling session is an attempt.
    const attempt =
      sid !== null && transport === 'polling' ? undefined : this._begin(transport, sid !== null);
    const carried: Carried = { transport, session: this._sessions.find((one) => one.sid === sid), early: [] };
    if (sid !== null && !carried.session) this._unknown.set(carried, sid);
    const each = (direction: 'in' | 'out', message: string | Uint8Array): void => {
      if (transport === 'websocket') {
        this._message(carried, direction, message, attempt);
        return;
      }
      for (const part of (message as string).split(SEPARATOR)) {
        this._message(
          carried,
          direction,
          part.startsWith('b') ? bytesOfBase64(part.slice(1)) : part,
          attempt,
        );
      }
    };
    return {
      sent: (message) => each('out', message),
      received: (message) => each('in', message),
      closed: (failure) => {
        if (attempt?.outcome === 'pending') this._end(attempt, 'failed', failure ?? 'closed');
        if (this._unknown.has(carried)) carried.early.push(() => this._ended(carried, failure));
        else this._ended(carried, failure);
      },
    };
  }

  private _ended(carried: Carried, failure: string | undefined): void {
    const { session, transport } = carried;
    if (!session || session.over) return;
    // Many long-polling requests of a session end normally.
    const ends =
      transport === 'websocket'
        ? session.carrier === carried
        : failure !== undefined && session.transport === 'polling';
    if (ends) this._over(session, failure);
  }

  private _begin(transport: 'websocket' | 'polling', probe: boolean): Attempt {
    if (!probe) {
      // A page that connects again has abandoned the old connection; a young one may be that of another transport in the same race.
      const youngSinceMs = this._nowMs() - RACE_MS;
      for (const old of this._sessions)
        if (!old.over && (old.dead || old.startedAtMs < youngSinceMs)) this._over(old, 'given up');
      if (!this.attempts.some(({ outcome }) => outcome === 'pending')) this._round++;
    }
    const attempt: Attempt = { transport, outcome: 'pending', startedAtMs: this._nowMs(), probe };
    this.attempts.push(attempt);
    this._add({
      type: 'attempt',
      atMs: this._nowMs(),
      round: this._round,
      transport,
      probe,
      phase: 'start',
      ms: 0,
    });
    this._tell();
    return attempt;
  }

  private _end(attempt: Attempt, outcome: 'won' | 'failed', error?: string): void {
    attempt.outcome = outcome;
    if (error) attempt.error = error;
    const atMs = this._nowMs();
    this._add({
      type: 'attempt',
      atMs,
      round: this._round,
      transport: attempt.transport,
      probe: attempt.probe,
      phase: outcome,
      ms: Math.max(0, Math.round(atMs - attempt.startedAtMs)),
      error,
    });
    this._tell();
  }

  private _over(session: Session, reason?: string): void {
    session.over = true;
    this._tell(reason);
  }

  private _message(
    carried: Carried,
    direction: 'in' | 'out',
    message: string | Uint8Array,
    attempt: Attempt | undefined,
  ): void {
    const type = typeof message === 'string' ? message.charAt(0) : '4';
    const data = typeof message === 'string' ? message.slice(1) : message;
    if (type === '0' && direction === 'in') this._shaken(carried, data as string, attempt);
    const { session } = carried;
    if (!session) {
      if (this._unknown.has(carried))
        carried.early.push(() => this._message(carried, direction, message, attempt));
      return;
    }
    if (type === '3' && data === 'probe' && attempt?.outcome === 'pending') this._end(attempt, 'won');
    // Engine.IO v4, "Upgrade": from here on, the WebSocket carries the session.
    else if (type === '5' && direction === 'out') {
      session.transport = carried.transport;
      session.carrier = carried;
      this._tell();
    } else if (type === '1') {
      session.left ||= direction === 'out';
      this._over(session, 'closed');
    } else if (type === '4') this._packet(session, direction, data);
  }

  private _shaken(carried: Carried, json: string, attempt: Attempt | undefined): void {
    let sid: unknown;
    try {
      sid = (JSON.parse(json) as { sid?: unknown }).sid;
    } catch {
      return;
    }
    const session: Session = {
      sid: String(sid),
      transport: carried.transport,
      namespaces: new Set(),
      carrier: carried,
      readers: {
        in: new ChunkReader(() => session.transport),
        out: new ChunkReader(() => session.transport),
      },
      asked: new Map(),
      startedAtMs: this._nowMs(),
      joined: false,
      left: false,
      over: false,
      dead: false,
    };
    carried.session = session;
    this._sessions = [...this._sessions.slice(-20), session];
    if (attempt?.outcome === 'pending') this._end(attempt, 'won');
    for (const [other, wanted] of [...this._unknown]) {
      if (wanted !== session.sid) continue;
      this._unknown.delete(other);
      other.session = session;
      for (const tell of other.early.splice(0)) tell();
    }
  }

  private _packet(session: Session, direction: 'in' | 'out', data: string | Uint8Array): void {
    const packet = session.readers[direction].read(data as string);
    if (!packet) return;
    const { kind, nsp, bytes, attachments, ackId } = packet;
    const payload = packet.payload as string | undefined;
    const atMs = this._nowMs();
    const number = ++this._number;
    const key = `${kind === 'ack' ? direction : direction === 'in' ? 'out' : 'in'} ${nsp} ${ackId}`;
    const asked = kind === 'ack' ? session.asked.get(key) : undefined;
    if (asked) session.asked.delete(key);
    const event = packet.event ?? asked?.event;
    if (kind === 'event' && ackId !== undefined) session.asked.set(key, { number, atMs, event });
    this.packets.push({ direction, kind, namespace: nsp, event, payload, bytes });
    if (this.packets.length > MAX_PACKETS) this.packets.shift();
    this._add({
      type: 'packet',
      atMs,
      number,
      direction,
      kind,
      nsp,
      event,
      bytes,
      attachments,
      ackId,
      answers: asked && { number: asked.number, ms: Math.max(0, atMs - asked.atMs) },
      payload,
    });
    if (direction === 'in' && kind === 'connect') {
      if (session.namespaces.size === 0) this.connections++;
      session.namespaces.add(nsp);
      this._refused.delete(nsp);
      session.joined = true;
      session.left = false;
      this._add({ type: 'namespace', atMs, nsp, state: 'joined' });
    } else if (kind === 'disconnect') {
      session.namespaces.delete(nsp);
      session.left = session.namespaces.size === 0;
      this._add({ type: 'namespace', atMs, nsp, state: 'left' });
    } else if (direction === 'in' && kind === 'connect_error' && !isProbe(nsp)) {
      this._refused.set(nsp, refusalIn(payload));
      this._add({ type: 'namespace', atMs, nsp, state: 'refused' });
    }
    this._tell();
  }

  private _add(event: ObservedEvent): void {
    this.record.add(cleanEvent(event));
  }

  private _tell(reason?: string): void {
    const { status, transport } = this;
    if (status !== this._state) {
      this._state = status;
      this._add({ type: 'state', atMs: this._nowMs(), state: status, transport, reason });
    }
    this._changed();
  }
}

/** The message of CONNECT_ERROR: an object in Socket.IO v5, a text in v4. */
function refusalIn(payload = ''): string {
  const data: unknown = attemptTo(() => JSON.parse(payload));
  const { message = data } = Object(data) as { message?: unknown };
  return typeof message === 'string' ? message : payload;
}

/** What a test reads of a connection that is not as it must be. */
export function describeConnection(connection: ObservedConnection): string {
  const { status, alive, transport, namespaces, refusals, attempts, url } = connection;
  const lines = attempts
    .slice(-10)
    .map(({ transport: name, outcome, error }) => `  ${name}: ${outcome}${error ? `, ${error}` : ''}`);
  const state = [
    status === 'connected' && !alive
      ? 'connected, but the network has ended it and the page has not noticed:'
      : status,
    transport && `by ${transport}`,
    namespaces.length > 0 && `in ${namespaces.join(', ')}`,
  ];
  return [
    `Seen: ${url ? `${state.filter(Boolean).join(' ')} (${url})` : 'no request to a Socket.IO server'}`,
    ...refusals.map(({ namespace, message }) => `  the server refused ${namespace}: ${message}`),
    ...(lines.length > 0 ? ['Tried:', ...lines] : []),
  ].join('\n');
}

/** Reads the long-polling requests of all pages at the proxy, and passes each to the page that sent it. */
export class PollingTap implements Tap {
  /** Observed requests that no page has claimed yet, by address. */
  private readonly _heard: Map<string, ((tapped: TappedConnection) => void)[]> = new Map();
  private readonly _claims: Map<string, TappedConnection> = new Map();

  opened(transport: 'websocket' | 'polling', url: string): TappedConnection {
    const tell = (act: (tapped: TappedConnection) => void): void => {
      const claimed = this._claims.get(url);
      if (claimed) act(claimed);
      else this._heard.set(url, [...(this._heard.get(url) ?? []), act]);
    };
    // The traffic of WebSockets is read through the page.
    const hears = transport === 'polling';
    return {
      sent: (message) => hears && tell((tapped) => tapped.sent(message)),
      received: (message) => hears && tell((tapped) => tapped.received(message)),
      closed: (failure) => hears && tell((tapped) => tapped.closed(failure)),
    };
  }

  /** Called when a page has sent a request to this address. */
  claim(url: string, traffic: Traffic): void {
    const tapped = traffic.opened('polling', url);
    this._claims.set(url, tapped);
    for (const act of this._heard.get(url) ?? []) act(tapped);
    this._heard.delete(url);
  }
}

/** The traffic of one page. */
export class Traffic implements Tap {
  readonly servers: Map<string, Server> = new Map();
  private readonly _startMs: number;
  private readonly _startedAtMs: number;
  private readonly _waiting: Set<() => void> = new Set();

  constructor(private readonly _environment: Pick<Environment, 'clock' | 'dateMs'>) {
    this._startMs = _environment.clock.now();
    this._startedAtMs = _environment.dateMs();
  }

  opened(transport: 'websocket' | 'polling', url: string): TappedConnection {
    const { protocol, host, pathname, searchParams } = new URL(url);
    const key = `${protocol.replace(/^ws/, 'http')}//${host}${pathname}`;
    // The coach and the doctor send requests themselves, and open no connection.
    if (!searchParams.has('EIO') || searchParams.has(CHECK)) return { sent() {}, received() {}, closed() {} };
    let server = this.servers.get(key);
    if (!server) {
      server = new Server(
        key,
        () => this._environment.clock.now() - this._startMs,
        () => this._changed(),
      );
      this.servers.set(key, server);
    }
    return server.opened(transport, searchParams.get('sid'));
  }

  /** The connection that a test selects: by the server's address, the one that is connected, or the newest. */
  find(url?: RegExp): ObservedConnection {
    const servers = [...this.servers.values()].filter((one) => !url || url.test(one.url));
    return (
      servers.find(({ alive }) => alive) ??
      servers.find(({ status }) => status === 'connected') ??
      servers[servers.length - 1] ??
      NONE
    );
  }

  /** Called after a fault that ends every connection. */
  died(): void {
    for (const server of this.servers.values()) server.died();
  }

  /** Fulfilled with the next change. */
  change(): Promise<void> {
    return new Promise((resolve) => this._waiting.add(resolve));
  }

  /** A log, as the inspector opens it. */
  log(): Log {
    const nowMs = this._environment.clock.now() - this._startMs;
    const connections = [...this.servers.values()].map(({ url, record }) => ({
      address: url,
      startedAtMs: this._startedAtMs,
      nowMs,
      record,
    }));
    return toLog(connections, {
      payloads: true,
      savedAtMs: this._environment.dateMs(),
      userAgent: `holdfast/playwright, ${isoTime(this._startedAtMs)}`,
    });
  }

  private _changed(): void {
    const waiting = [...this._waiting];
    this._waiting.clear();
    for (const resolve of waiting) resolve();
  }
}

const NONE: ObservedConnection = {
  url: '',
  status: 'idle',
  alive: false,
  transport: undefined,
  attempts: [],
  namespaces: [],
  refusals: [],
  connections: 0,
  packets: [],
};
