/**
 * The leader's part: holds the one connection to the server, and gives every tab its share of it. To the server it is one client with one
 * socket for each namespace; to a tab it is what answers in the server's place.
 */
import type { Connection, NamespaceHandler } from '../../connection/connection.js';
import type { Manager } from '../../manager/manager.js';
import { attempt } from '../../platform/attempt.js';
import { type Cancel, nothing } from '../../platform/clock.js';
import type { Auth } from '../../platform/options.js';
import { type Codec, createCodec } from '../../protocol/codec.js';
import { type Chunk, encode, sizeOf, weigh } from '../../protocol/encode.js';
import {
  ACK,
  type AckPacket,
  CONNECT,
  CONNECT_ERROR,
  DISCONNECT,
  EVENT,
  type EventPacket,
  type Packet,
} from '../../protocol/packet.js';
import type { Outgoing } from '../../session/session.js';
import { type EnginePacket, extrasOf, isTaking, type Transport } from '../../session/transports/transport.js';
import { Namespace, type NamespaceHost } from '../../socket/namespace.js';
import { isProbe } from '../../socket/probe.js';
import { type Claim, compare, type Down, type Position, type Signature, type Up } from './wire.js';

/**
 * A tab's leave to hand something over that is older than this, in milliseconds, is not used any more: the tab may have given this leader
 * up, and what it says next would overtake it. It waits for longer (`FENCE_MS`) before it goes to another.
 */
const LATE_AFTER_MS = 2_000;

/** So much may be handed over at a time, in bytes: what waits here longer could be lost with the leader. */
const MAX_BATCH_BYTES = 2 ** 16;

/** After a cut, tabs come back within this time, in milliseconds. */
const IDLE_MS = 20_000;

/** A tab that has not answered by then, in milliseconds, may never: another one is asked for its `auth`. */
const AUTH_PATIENCE_MS = 3_000;

/** How many events are remembered for tabs that missed some, and how large they may be together. */
const MAX_EVENTS = 1_000;
const MAX_EVENT_BYTES = 2 ** 20;

/** Received packets were checked already. */
const NO_LIMITS = {
  maxAttachments: Number.POSITIVE_INFINITY,
  maxReceivedBytes: Number.POSITIVE_INFINITY,
  maxSentAttachments: Number.POSITIVE_INFINITY,
};

/** An ack id of the leader may be longer than that of the tab. */
const ID_BYTES = 16;

/** A tab's place at the connection. */
interface Seat {
  readonly _key: string;
  /** Whether it is of the leader's own tab: which is there as long as the leader is. */
  readonly _own: boolean;
  readonly _position: Position;
  readonly _claims: Readonly<Record<string, Claim>>;
  readonly _codec: Codec;
  /** When the tab was last looked at; the larger, the later. */
  _seenMs: number;
  /** What it has sent and is not dealt with, in order. */
  readonly _parcels: Parcel[];
  /** How many of them it was asked about. */
  _asked: number;
  /** Those that wait for the transport, in order. */
  readonly _going: Parcel[];
  /** How many chunks have come, and how many are dealt with. */
  _chunks: number;
  _taken: number;
  /** Lets it go. */
  _stop: Cancel;
}

/** A message of a tab on its way. Stands for the options of its packets, by which it is known when it is handed over. */
interface Parcel {
  readonly compress: true;
  readonly _seat: Seat;
  readonly _packet: Packet;
  readonly _bytes: number;
  /** How many chunks of the seat it ends. */
  readonly _end: number;
  /** How many of its chunks wait. */
  _left: number;
}

/** An event that the server wants an answer to. */
interface Question {
  /** Who may answer, the one that was last looked at first. */
  _seats: Seat[];
  readonly _answers: Map<Seat, unknown[]>;
}

/** What a hub needs of the tab or worker that it lives in. */
export interface HubHost {
  /** Tells one tab, or all of them. */
  _post(message: Down): void;
  /** Calls back when a tab is gone. */
  _watchTab(key: string, gone: () => void): Cancel;
  /** A seat was left, or a tab is looked at. */
  _changed(): void;
}

export class Hub {
  readonly _seats: Map<string, Seat> = new Map();
  private _say: HubHost['_post'];
  /** The number of the last event. */
  _number = 0;
  /** Questions and answers that are under way. */
  _pending = 0;
  private readonly _connection: Connection;
  private readonly _rooms = new Map<string, Room>();
  private readonly _events: { readonly _number: number; readonly _nsp: string; readonly _chunks: Chunk[] }[] =
    [];
  private _eventBytes = 0;
  private _stopIdling: Cancel = nothing;
  private _paused = false;
  /** The last event that was forgotten. */
  private _forgotten = 0;

  /** @param _own how keys begin that are of the leader's own tab */
  constructor(
    readonly _manager: Manager,
    readonly _epoch: number,
    private readonly _host: HubHost,
    private readonly _own: string,
    private readonly _signature: Signature,
  ) {
    this._say = (message) => _host._post(message);
    this._connection = _manager._connection;
    _manager._hooks.push({
      transport: (_name, create) => this._watched(create()),
    });
    // First of all namespaces, and always in use: what happens to the link is told to the tabs before their namespaces hear of it.
    const handler: NamespaceHandler = {
      active: true,
      connected: false,
      receive: nothing,
      linkUp: () => this._up(),
      linkDown: (reason) => this._down(reason),
      failed: ({ message }) => this._say(['fail', _epoch, undefined, message]),
      giveUp: nothing,
    };
    this._connection._namespaces.set('', handler);
    _manager.on('status', () => this._info());
    // Before the first tab asks for it.
    this._connection._open(false);
  }

  /** Ends the connection, and tells nobody. What was not handed over never is: the tabs send it again. */
  _close(): void {
    this._say = nothing;
    this._stopIdling();
    for (const { _stop } of this._seats.values()) _stop();
    this._seats.clear();
    this._manager.off();
    this._connection._session?._takeBack();
    this._connection._close('forced close');
  }

  /** The seat that was looked at last, of those that `wanted` names. */
  _lastSeen(wanted: (seat: Seat) => boolean = () => true): Seat | undefined {
    return this._bySight(wanted)[0];
  }

  private _bySight(wanted: (seat: Seat) => boolean): Seat[] {
    return [...this._seats.values()].filter(wanted).sort((one, other) => other._seenMs - one._seenMs);
  }

  /** Takes what a tab says. */
  _hear(message: Up): void {
    const [what, key] = message;
    const seat = this._seats.get(key);
    if (what === 'open') this._open(message);
    else if (what === 'close') this._leave(key);
    else if (!seat) return;
    else if (what === 'data') this._sent(seat, message[2]);
    else if (what === 'ok') this._hand(seat, message[2]);
    else if (what === 'ask') this._tellTaken(seat);
    else if (what === 'seen') {
      seat._seenMs = message[2];
      this._host._changed();
    } else if (what === 'pass') this._rooms.get(message[2])?._pass(seat, message[3]);
    else if (what === 'auth') this._rooms.get(message[2])?._authenticate(seat, message[3], message[4]);
  }

  private _open([, key, _seenMs, _position, _claims]: Up & readonly ['open', ...unknown[]]): void {
    const { _host, _epoch, _connection } = this;
    // Said again, to be sure.
    if (!this._seats.has(key)) {
      const _own = key.startsWith(this._own);
      this._seats.set(key, {
        _key: key,
        _position,
        _claims,
        _own,
        _codec: createCodec(NO_LIMITS),
        _seenMs,
        _parcels: [],
        _asked: 0,
        _going: [],
        _chunks: 0,
        _taken: 0,
        _stop: _own ? nothing : _host._watchTab(key, () => this._leave(key)),
      });
    }
    this._say(['seat', _epoch, key, this._signature]);
    if (_connection._linkId) this._up(key);
    else if (_connection._retryInMs === undefined) _connection._open(false);
  }

  private _leave(key: string): void {
    const seat = this._seats.get(key);
    if (!seat) return;
    this._seats.delete(key);
    seat._stop();
    for (const room of this._rooms.values()) room._remove(seat);
    this._host._changed();
  }

  private _up(key?: string): void {
    const { engine } = this._manager;
    const { _maxPayload } = engine;
    engine.off('drain', this._drained);
    engine.on('drain', this._drained);
    // The link may have proved to be alive after all.
    this._pumpAll();
    this._say(['up', this._epoch, key, `${engine.id}`, _maxPayload && Math.max(1, _maxPayload - ID_BYTES)]);
    this._info(key);
  }

  private readonly _drained = (): void => this._pumpAll();

  private _info(key?: string): void {
    const { latencyMs, transport } = this._manager;
    this._say(['info', this._epoch, key, latencyMs, transport]);
  }

  private _down(reason: string): void {
    // What was not taken, the tabs keep.
    const taken: Record<string, number> = {};
    for (const { _key, _taken } of this._seats.values()) taken[_key] = _taken;
    this._say(['down', this._epoch, undefined, reason, this._number, taken]);
    const rooms = [...this._rooms.values()];
    this._rooms.clear();
    for (const { _stop } of this._seats.values()) _stop();
    this._seats.clear();
    this._pending = 0;
    for (const { _namespace } of rooms) _namespace.leave();
    // Most tabs come back; if none does, nobody would notice.
    this._stopIdling();
    this._stopIdling = this._manager._environment.clock.after(IDLE_MS, () => this._host._changed());
  }

  private _sent(seat: Seat, chunks: readonly unknown[]): void {
    let bytes = 0;
    for (const chunk of chunks) {
      seat._chunks++;
      const take = (_packet: Packet): void => {
        seat._parcels.push({
          compress: true,
          _seat: seat,
          _packet,
          _bytes: bytes,
          _end: seat._chunks,
          _left: 1,
        });
        bytes = 0;
      };
      // What cannot be read is not from a tab of ours.
      attempt(() => {
        bytes += sizeOf(chunk as Chunk);
        seat._codec.decode(chunk, take);
      });
    }
    this._pump(seat);
  }

  /** Whether something is under way that would not survive a change of the leader. */
  get _busy(): boolean {
    for (const { _asked, _going } of this._seats.values()) if (_asked + _going.length > 0) return true;
    return this._pending > 0;
  }

  /** Hands nothing over for now: another tab is to lead. */
  _pause(paused: boolean): void {
    this._paused = paused;
    if (!paused) this._pumpAll();
  }

  private _pumpAll(): void {
    for (const seat of this._seats.values()) this._pump(seat);
  }

  /**
   * Deals with what a tab has sent, in order. Before its events are handed to the transport, the tab is told and has to agree: so whoever
   * was not told knows that the server has not got them, even if this tab is gone.
   */
  private _pump(seat: Seat): void {
    const { _parcels, _own } = seat;
    const { _connection } = this;
    // A link whose heartbeat is late, or which is about to close, would swallow it.
    const mayHand = !this._paused && _connection._live && (_own || _connection._session?._writable === true);
    while (!seat._asked) {
      const [parcel] = _parcels;
      const isEvent = parcel?._packet.type === EVENT;
      if (!parcel || (isEvent && !(mayHand && _own))) break;
      _parcels.shift();
      seat._going.push(parcel);
      if (isEvent) this._sendOrSettle(parcel);
      else {
        this._settle(parcel);
        this._take(seat, parcel._packet);
      }
    }
    if (mayHand && !seat._asked) {
      let bytes = 0;
      for (const { _packet, _bytes } of _parcels) {
        if (_packet.type !== EVENT || bytes > MAX_BATCH_BYTES) break;
        bytes += _bytes;
        seat._asked++;
      }
    }
    // Also a sign of life.
    this._tellTaken(seat);
  }

  /** A tab has agreed. */
  private _hand(seat: Seat, atMs: number): void {
    const { _parcels, _asked } = seat;
    const isLate = this._manager._environment.dateMs() - atMs > LATE_AFTER_MS;
    seat._asked = 0;
    for (const parcel of this._connection._live ? _parcels.splice(0, _asked) : []) {
      seat._going.push(parcel);
      if (isLate) this._settle(parcel);
      else this._sendOrSettle(parcel);
    }
    this._pump(seat);
  }

  private _sendOrSettle(parcel: Parcel): void {
    if (!this._sendEvent(parcel)) this._settle(parcel);
  }

  /** @returns whether it is on its way to the transport */
  private _sendEvent(parcel: Parcel): boolean {
    const { _seat, _packet } = parcel;
    const { nsp, id } = _packet as EventPacket;
    const room = this._rooms.get(nsp);
    // The server has ended the session meanwhile, and the tab is about to hear of it.
    if (!room?._members.has(_seat)) return false;
    const { _connection } = this;
    const _chunks = attempt(() =>
      _connection._encode({ ..._packet, id: room._asked(_seat, id) } as EventPacket),
    );
    if (!_chunks) return false;
    parcel._left = _chunks.length;
    return !_connection._send({ _chunks, _sender: this, options: parcel } as Outgoing);
  }

  private _take(seat: Seat, packet: Packet): void {
    const { type, nsp } = packet;
    let room = this._rooms.get(nsp);
    // A tab that has left and returns asks whether that was read: everything was.
    if (isProbe(nsp)) this._tell(seat._key, { type: CONNECT_ERROR, nsp, data: { message: '' } });
    else if (type === CONNECT) {
      if (!room) {
        room = new Room(this, nsp);
        this._rooms.set(nsp, room);
      }
      room._enter(seat, packet.data?.pid);
    } else if (type === DISCONNECT) room?._remove(seat);
    else if (type === ACK) room?._answer(seat, packet);
  }

  _send(packet: Packet): void {
    this._connection._control(packet);
  }

  private _settle(parcel: Parcel): void {
    const { _seat } = parcel;
    const { _going } = _seat;
    parcel._left = 0;
    // In order, because the tab counts from the first one.
    while (_going[0]?._left === 0) _seat._taken = (_going.shift() as Parcel)._end;
  }

  private _tellTaken({ _key, _taken, _parcels, _asked }: Seat): void {
    this._say(['taken', this._epoch, _key, _parcels[_asked - 1]?._end ?? _taken, _asked > 0]);
  }

  /** Tells tabs what is handed to the transport: the rest is sent again after a cut. */
  private _watched(transport: Transport): Transport {
    const before =
      <Rest>(hand: (packets: readonly EnginePacket[]) => Rest) =>
      (packets: readonly EnginePacket[]): Rest => {
        const seats = new Set<Seat>();
        // One that is closing swallows them.
        for (const { options } of isTaking(transport) ? packets : []) {
          const parcel = options as Parcel | undefined;
          if (!parcel?._seat || --parcel._left > 0) continue;
          this._settle(parcel);
          seats.add(parcel._seat);
        }
        for (const seat of seats) this._tellTaken(seat);
        return hand(packets);
      };
    const extras = extrasOf(transport) as { closeNow?(packets: readonly EnginePacket[]): void };
    transport.send = before(transport.send.bind(transport));
    if (extras.closeNow) extras.closeNow = before(extras.closeNow.bind(transport));
    return transport;
  }

  /** Gives tabs a packet of the server. @param key of one of them; undefined for all that have joined its namespace */
  _tell(key: string | undefined, packet: Packet): void {
    this._post(key, packet.nsp, encode(packet));
  }

  _post(key: string | undefined, nsp: string, chunks: Chunk[], number: number = this._number): void {
    this._say(['packet', this._epoch, key, nsp, chunks, number]);
  }

  _join(seat: Seat, nsp: string, data: object): void {
    this._say(['join', this._epoch, seat._key, nsp, data]);
  }

  _event(members: ReadonlySet<Seat>, packet: EventPacket): void {
    const { _events } = this;
    const { nsp, id } = packet;
    const number = ++this._number;
    const chunks = encode(packet);
    // Others cannot be brought back by the server, either.
    if (id === undefined) {
      _events.push({ _number: number, _nsp: nsp, _chunks: chunks });
      this._eventBytes += weigh(chunks);
      while (_events.length > MAX_EVENTS || this._eventBytes > MAX_EVENT_BYTES) {
        const { _number, _chunks } = _events.shift() as (typeof _events)[number];
        this._forgotten = _number;
        this._eventBytes -= weigh(_chunks);
      }
    }
    const [only] = members;
    this._post(members.size === 1 ? only?._key : undefined, nsp, chunks, number);
  }

  /** Whether everything is still here that has come for a namespace since a tab was at a position. */
  _covers(position: Position, since: Position): boolean {
    return (
      compare(position, since) >= 0 &&
      (this._forgotten === 0 || compare(position, [this._epoch, this._forgotten]) >= 0)
    );
  }

  /** Gives a tab what it has missed. */
  _replay(seat: Seat, nsp: string): void {
    const [epoch, number] = seat._position;
    for (const { _number, _nsp, _chunks } of this._events) {
      if (_nsp === nsp && (epoch < this._epoch || _number > number))
        this._post(seat._key, nsp, _chunks, _number);
    }
  }

  /** What the tabs know of their last session of a namespace: of the one that is furthest behind, so that none misses anything. */
  _claim(nsp: string): { pid: string; offset: unknown; position: Position } | undefined {
    const claims = [...this._seats.values()]
      .flatMap(({ _claims, _position }) => {
        const { pid, offset } = _claims[nsp] ?? {};
        return pid === undefined ? [] : { pid: realPid(pid), offset, position: _position };
      })
      .sort((one, other) => compare(one.position, other.position));
    const last = claims[claims.length - 1];
    return claims.find(({ pid, offset }) => pid === last?.pid && offset !== undefined) ?? last;
  }

  /** A tab that can be asked for what goes along with CONNECT, the leader's own first. */
  _source(nsp: string, wanted: (seat: Seat) => boolean): Seat | undefined {
    const seats = [...this._seats.values()].filter((seat) => nsp in seat._claims || wanted(seat));
    return seats.find(({ _own }) => _own) ?? seats[0];
  }

  _ask({ _key }: Seat, nsp: string): void {
    this._say(['auth', this._epoch, _key, nsp]);
  }
}

/** A tab that has missed something is given another name for the same session, so that it knows. */
const realPid = (pid: unknown): string => `${pid}`.replace(/~\d+$/, '');

/** One namespace: a socket of the server, and the tabs that have joined it. */
class Room implements NamespaceHost {
  readonly _namespace: Namespace;
  readonly _sender: { _flush(): void } = { _flush: nothing };
  /** Tabs that wait for the answer to CONNECT, and the session that each knows. */
  private readonly _waiting = new Map<Seat, unknown>();
  readonly _members: Set<Seat> = new Set();
  private readonly _questions = new Map<number, Question>();
  /** Whose events wait for the server's acknowledgement, by the id that the server knows. */
  private readonly _acks = new Map<number, readonly [Seat, id: number]>();
  private _nextId = 0;
  private _reply: Readonly<Record<string, unknown>> = {};
  /** The session that was asked for, and from where on nothing of it is missing. */
  private _claim: ReturnType<Hub['_claim']>;
  private _since: Position = [0, 0];
  private _gaps = 0;
  /** Events that have come before the answer to CONNECT. */
  private _early: EventPacket[] = [];
  /** Takes a tab's answer to the question for its `auth`. */
  _authenticate: (seat: Seat, error: string | undefined, data: unknown) => void = nothing;
  /** Asks the next tab. */
  private _askNext: () => unknown = nothing;

  constructor(
    private readonly _hub: Hub,
    readonly nsp: string,
  ) {
    this._namespace = new Namespace(this, _hub._manager._connection);
  }

  /** Asks one tab after the other, until one knows. */
  get _auth(): Auth {
    return () =>
      new Promise((resolve, reject) => {
        const { _hub, _waiting, nsp } = this;
        const { clock } = _hub._manager._environment;
        const asked = new Set<Seat>();
        let failed = 0;
        let stop = nothing;
        const end = (): void => {
          stop();
          this._askNext = nothing;
          this._authenticate = nothing;
        };
        const askNext = (): boolean => {
          const seat = _hub._source(nsp, (one) => !asked.has(one) && _waiting.has(one));
          if (!seat || asked.has(seat)) return false;
          stop();
          asked.add(seat);
          stop = clock.after(AUTH_PATIENCE_MS, askNext);
          _hub._ask(seat, nsp);
          return true;
        };
        this._askNext = askNext;
        this._authenticate = (seat, error, data) => {
          if (!asked.has(seat)) return;
          if (error === undefined) {
            end();
            resolve(data === undefined ? null : JSON.parse(data as string));
          } else if (!askNext() && ++failed >= asked.size) {
            end();
            reject(new Error(error));
          }
        };
        askNext();
      });
  }

  _enter(seat: Seat, pid: unknown): void {
    this._waiting.set(seat, pid);
    this._askNext();
    if (this._namespace.connected) this._admit();
    else this._namespace.join();
  }

  _remove(seat: Seat): void {
    if (!this._waiting.delete(seat) && !this._members.delete(seat)) return;
    for (const id of this._questions.keys()) this._pass(seat, id);
    for (const [id, [asker]] of this._acks) if (asker === seat) this._forget(id);
    if (this._waiting.size + this._members.size === 0) this._namespace.leave();
  }

  /** Tabs whose CONNECT can be answered. */
  private _admit(): void {
    const { _hub, _reply, nsp } = this;
    const { pid } = _reply;
    for (const [seat, claimed] of this._waiting) {
      const same = claimed !== undefined && realPid(claimed) === pid;
      const whole = same && _hub._covers(seat._position, this._since);
      _hub._join(seat, nsp, same ? { ..._reply, pid: whole ? claimed : `${pid}~${++this._gaps}` } : _reply);
      this._members.add(seat);
      if (whole) _hub._replay(seat, nsp);
    }
    this._waiting.clear();
  }

  /** @returns the id under which the server knows an event of a tab */
  _asked(seat: Seat, id: number | undefined): number | undefined {
    if (id === undefined) return undefined;
    this._hub._pending++;
    this._acks.set(this._nextId, [seat, id]);
    return this._nextId++;
  }

  /** A tab does not answer a question. */
  _pass(seat: Seat, id: number): void {
    const question = this._questions.get(id);
    if (!question) return;
    question._seats = question._seats.filter((one) => one !== seat);
    this._decide(id, question);
  }

  _answer(seat: Seat, { id, data }: AckPacket): void {
    const question = this._questions.get(id);
    if (!question) return;
    question._answers.set(seat, data);
    this._decide(id, question);
  }

  /** Gives the server the answer of the tab that was looked at last, once it is sure which one that is. */
  private _decide(id: number, { _seats, _answers }: Question): void {
    const [first] = _seats;
    const data = first && _answers.get(first);
    if (first && !data) return;
    this._questions.delete(id);
    this._hub._pending--;
    if (data) this._hub._send({ type: ACK, nsp: this.nsp, id, data });
  }

  private _forget(id: number): void {
    if (this._acks.delete(id)) this._hub._pending--;
  }

  _starting(): void {
    this._early = [];
  }

  _connecting(): object | undefined {
    this._claim = this._hub._claim(this.nsp);
    return this._claim && { pid: this._claim.pid, offset: this._claim.offset };
  }

  _joined(data: Readonly<Record<string, unknown>>): void {
    const { _hub, _claim } = this;
    this._reply = data;
    this._since = _claim && data.pid === _claim.pid ? _claim.position : [_hub._epoch, _hub._number];
    this._admit();
    for (const packet of this._early.splice(0)) this._received(packet);
  }

  _received(packet: EventPacket | AckPacket): void {
    const { _hub, _acks, _members, _early } = this;
    const { id } = packet;
    if (packet.type === ACK) {
      const asked = _acks.get(packet.id);
      if (!asked) return;
      this._forget(packet.id);
      _hub._tell(asked[0]._key, { ...packet, id: asked[1] });
      return;
    }
    if (!this._namespace.connected) {
      if (_early.length < MAX_EVENTS) _early.push(packet);
      return;
    }
    if (id !== undefined) {
      const seats = [..._members].sort((one, other) => other._seenMs - one._seenMs);
      this._questions.set(id, { _seats: seats, _answers: new Map() });
      _hub._pending++;
    }
    _hub._event(_members, packet as EventPacket);
  }

  _retryAfterMs(): undefined {
    return undefined;
  }

  _connectFailed({ message, data }: Error & { data?: unknown }): void {
    // The tabs have their own patience; and a link that is in trouble is told to all of them.
    if (this._namespace.active) return;
    for (const { _key } of this._waiting.keys())
      this._hub._tell(_key, { type: CONNECT_ERROR, nsp: this.nsp, data: { message, data } });
    this._waiting.clear();
  }

  _gaveUp(): void {}

  _ended(reason: string): void {
    this._hub._pending -= this._acks.size + this._questions.size;
    this._acks.clear();
    this._questions.clear();
    if (reason === 'io server disconnect')
      for (const { _key } of this._members) this._hub._tell(_key, { type: DISCONNECT, nsp: this.nsp });
    this._members.clear();
  }
}
