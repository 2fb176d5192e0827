/**
 * The leader's part: it holds the only connection to the server and shares it with every tab. The server sees one client with one
 * socket for each namespace; each tab sees a peer that answers as the server would.
 */
import type { Manager } from '../../manager/manager.js';
import { attempt } from '../../platform/attempt.js';
import { type Cancel, nothing } from '../../platform/clock.js';
import type { Attempt, HoldfastError } from '../../platform/errors.js';
import { Decoder } from '../../protocol/decode.js';
import { type Chunk, encode, sizeOf, weigh } from '../../protocol/encode.js';
import {
  ACK,
  CONNECT,
  CONNECT_ERROR,
  type ConnectPacket,
  DISCONNECT,
  EVENT,
  type EventPacket,
  isRecord,
  type Packet,
} from '../../protocol/packet.js';
import type { Outgoing } from '../../session/session.js';
import { tooLarge } from '../../socket/failures.js';
import { Namespace, type NamespaceHost } from '../../socket/namespace.js';
import { isProbe } from '../../socket/probe.js';
import {
  type Claim,
  compare,
  type Down,
  type Member,
  type Position,
  type Signature,
  type Up,
} from './wire.js';

/**
 * A tab's permission to send its messages expires after this time, in milliseconds. Later, the tab may have replaced this leader, and
 * its next messages could overtake the old ones. The tab therefore waits longer than this (`FENCE_MS`) before it uses the new leader.
 */
const LATE_AFTER_MS = 2_000;

/** At most this many bytes are handed to the transport at a time: messages that wait here could be lost with the leader. */
const MAX_BATCH_BYTES = 2 ** 16;

/** After a cut, the tabs reconnect to the leader within this time, in milliseconds. */
const IDLE_MS = 20_000;

/** How long a tab may take to provide its `auth`, in milliseconds, before the next tab is asked. */
const AUTH_PATIENCE_MS = 3_000;

/** The number of events that are kept for tabs that missed some, and their total size in bytes. */
const MAX_EVENTS = 1_000;
const MAX_EVENT_BYTES = 2 ** 20;

/** How many bytes may arrive before the answer to CONNECT, and how many each event counts in addition to its size. */
const MAX_EARLY_BYTES = 2 ** 24;
const EARLY_BYTES = 100;

/** A hidden leader that wants to hand over waits no longer than this, in milliseconds, for a pending answer: it may never arrive. */
const ANSWER_MS = 30_000;

/** A tab's last message may arrive up to this long, in milliseconds, after the notice that the tab is gone. */
const LAST_WORDS_MS = 50;

/** The members are listed up to this number of tabs; above it, only their number is known. */
const MAX_MEMBERS = 20;

/** The leader's record of one tab. */
interface Seat {
  readonly _key: string;
  /** Whether it is the leader's own tab, which exists as long as the leader. */
  readonly _own: boolean;
  readonly _position: Position;
  readonly _claims: Readonly<Record<string, Claim>>;
  /** Without limits for incoming data: the tab has checked what it sends. */
  readonly _decoder: Decoder;
  /** When the tab was last visible: larger is later. */
  _seenMs: number;
  /** The messages of the tab that are not handled yet, in order. */
  readonly _parcels: Parcel[];
  /** For how many of them its permission was requested. */
  _asked: number;
  /** The messages that the transport may not have yet, in order. */
  _going: Parcel[];
  /** The number of received chunks, and of handled ones. */
  _chunks: number;
  _taken: number;
  /** The number of handled chunks that the tab was last told. */
  _told: number;
  /** Removes the tab. */
  _stop: Cancel;
}

/** Stands for a message that cannot be decoded: it counts as handled and has no effect. */
const UNREADABLE = { type: CONNECT_ERROR, nsp: '' } as Packet;

/** The packet is incomplete: attachments follow. */
const PARTIAL = {} as Packet;

/** A message of a tab on its way to the server. */
interface Parcel extends Pick<Outgoing, '_sender'> {
  readonly _packet: Packet;
  readonly _bytes: number;
  /** The number of the tab's chunks that are handled once this message is. */
  readonly _end: number;
  /** The message as the connection has it. */
  _chunks: Chunk[];
  /** Whether the connection returned it unsent. */
  _back?: boolean;
}

/** What a hub needs from the tab or worker that runs it. */
export interface HubHost {
  /** Sends a message to one tab, or to all. */
  _post(message: Down): void;
  /** Calls back when a tab is gone. */
  _watchTab(key: string, gone: () => void): Cancel;
  /** A tab has left, or its visibility has changed. */
  _changed(): void;
}

export interface Hub {
  readonly _seats: ReadonlyMap<string, { readonly _own: boolean }>;
  /** Whether something is in progress that a change of the leader would break, and that may end soon. */
  _busy(): boolean;
  /** Stops sending while another tab takes the lead. */
  _pause(paused: boolean): void;
  /** The tab that was visible last: its key, and when. */
  _lastSeen(): { readonly _key: string; readonly _seenMs: number } | undefined;
  /** Handles a message of a tab. */
  _hear(message: Up): void;
  /** Ends the connection without telling the tabs. They send again what was not handed to the transport. */
  _close(): void;
}

/** One namespace: a socket of the server, and the tabs that have joined it. */
interface Room {
  readonly _namespace: Namespace;
  /** Whether an answer has been pending since `sinceMs`. */
  _waits(sinceMs: number): boolean;
  readonly _members: ReadonlySet<Seat>;
  _enter(seat: Seat, data: ConnectData): void;
  _remove(seat: Seat): void;
  /** @returns the acknowledgement id that the server knows for an event of a tab */
  _idFor(seat: Seat, id: number | undefined): number | undefined;
  /** A tab has answered an event of the server; `undefined` if it has no listener. */
  _answer(seat: Seat, id: number, data?: unknown[]): void;
  /** A tab has answered the request for its `auth`. */
  _authenticate(seat: Seat, error: string | undefined, data: string | undefined): void;
}

type ConnectData = (Claim & Record<string, unknown>) | undefined;

/** A tab that missed events gets a different id for the same session, so that it does not count as recovered. */
const realPid = (pid: unknown): string => `${pid}`.replace(/~\d+$/, '');

/** @param own the prefix of the keys of the leader's own tab */
export function createHub(
  manager: Manager,
  epoch: number,
  host: HubHost,
  own: string,
  signature: Signature,
): Hub {
  const { _connection: connection, _environment } = manager;
  const { clock } = _environment;
  const seats = new Map<string, Seat>();
  const rooms = new Map<string, Room>();
  const events: { readonly _number: number; readonly _nsp: string; readonly _chunks: Chunk[] }[] = [];
  let eventBytes = 0;
  /** The number of the last event, and of the last one that is no longer kept. */
  let number = 0;
  let forgotten = 0;
  let paused = false;
  let closed = false;
  let stopIdling = nothing;

  const say = (...message: Down): void => {
    if (!closed) host._post(message);
  };
  const tell = (key: string | undefined, nsp: string, chunks: Chunk[], at: number = number): void =>
    say('packet', epoch, key, nsp, chunks, at);
  const tellPacket = ({ _key }: Seat, packet: Packet, at?: number): void =>
    tell(_key, packet.nsp, encode(packet), at);
  /** Also tells the tab that the leader is alive. */
  const tellTaken = (seat: Seat): void => {
    const { _key, _taken, _parcels, _asked } = seat;
    seat._told = _taken;
    say('taken', epoch, _key, _parcels[_asked - 1]?._end ?? _taken, _asked > 0);
  };
  const bySight = (some: Iterable<Seat>): Seat[] =>
    [...some].sort((one, other) => other._seenMs - one._seenMs);

  /** The number of a tab's chunks that are handled: those that the transport surely has. */
  const settle = (seat: Seat): void => {
    for (const { _end, _back } of seat._going) {
      if (_back) break;
      seat._taken = _end;
    }
    seat._going = [];
  };

  /**
   * Handles the messages of a tab in order. Before they are handed to the transport, the leader announces them and the tab must permit it:
   * a tab without an announcement knows that the server has not received them, even if the leader is gone.
   */
  const pump = (seat: Seat, heard = false): void => {
    const { _parcels, _own, _asked } = seat;
    // A connection whose heartbeat is late, or that is closing, would lose it silently.
    const mayHand = !paused && connection._live && (_own || connection._session?._writable === true);
    for (let parcel = _parcels[0]; parcel && !seat._asked; parcel = _parcels[0]) {
      if (parcel._packet.type !== EVENT || (mayHand && _own)) deal(seat, parcel);
      else if (!mayHand) break;
      else {
        for (
          let bytes = 0;
          bytes < MAX_BATCH_BYTES && _parcels[seat._asked]?._packet.type === EVENT;
          seat._asked++
        )
          bytes += (_parcels[seat._asked] as Parcel)._bytes;
        break;
      }
      seat._going.push(parcel);
      _parcels.shift();
    }
    if (!seat._going.some(({ _chunks }) => _chunks.length > 0)) settle(seat);
    if (heard || seat._taken !== seat._told || seat._asked !== _asked) tellTaken(seat);
  };

  /** @param drained whether the transport has taken everything */
  const pumpAll = (drained?: boolean): void => {
    for (const seat of seats.values()) {
      if (drained) settle(seat);
      pump(seat);
    }
  };
  const hearDrain = (): void => pumpAll(true);

  /** Passes an event of a tab to the connection. */
  const hand = (seat: Seat, parcel: Parcel): void => {
    const { nsp, id, data } = parcel._packet as EventPacket;
    const room = rooms.get(nsp);
    // Otherwise the server has just ended the session, and the tab will be told.
    if (!room?._members.has(seat)) return;
    let fault: HoldfastError | undefined;
    try {
      parcel._chunks = connection._encode({ ...parcel._packet, id: room._idFor(seat, id) } as EventPacket);
      const oversize = connection._send(parcel);
      if (oversize) fault = tooLarge(`"${data[0]}"`, oversize);
    } catch (error) {
      fault = error as HoldfastError;
    }
    if (!fault) return;
    parcel._chunks = [];
    say('refused', epoch, seat._key, nsp, id, data, fault.code, fault.message);
  };

  /** The connection returns messages that were not handed to the transport. */
  const sender = {
    _giveBack(parcel: Parcel): void {
      parcel._back = true;
    },
  };

  const deal = (seat: Seat, parcel: Parcel): void => {
    const { _packet: packet } = parcel;
    const { type, nsp } = packet;
    let room = rooms.get(nsp);
    // A tab that left and returns asks how much was handled: everything was.
    if (isProbe(nsp)) tellPacket(seat, { type: CONNECT_ERROR, nsp, data: { message: '' } });
    else if (type === CONNECT) {
      if (!room) {
        room = createRoom(nsp);
        rooms.set(nsp, room);
      }
      room._enter(seat, packet.data);
    } else if (type === DISCONNECT) room?._remove(seat);
    else if (type === ACK) room?._answer(seat, packet.id, packet.data);
    else if (type === EVENT) hand(seat, parcel);
  };

  /** Passes an event of the server to the tabs that have joined its namespace. */
  const spread = (members: ReadonlySet<Seat>, packet: EventPacket): void => {
    const chunks = encode(packet);
    number++;
    // Without an offset, the server cannot replay events either.
    if (packet.id === undefined) {
      events.push({ _number: number, _nsp: packet.nsp, _chunks: chunks });
      eventBytes += weigh(chunks);
      while (events.length > MAX_EVENTS || eventBytes > MAX_EVENT_BYTES) {
        const { _number, _chunks } = events.shift() as (typeof events)[number];
        forgotten = _number;
        eventBytes -= weigh(_chunks);
      }
    }
    const [first] = members;
    tell(members.size === 1 ? first?._key : undefined, packet.nsp, chunks);
  };

  /** @param all whether everything the tab has sent goes to the server: the tab will not send it again */
  const leave = (key: string, all?: boolean): void => {
    const seat = seats.get(key);
    if (!seat) return;
    if (all) for (const parcel of seat._parcels) deal(seat, parcel);
    seats.delete(key);
    seat._stop();
    for (const room of rooms.values()) room._remove(seat);
    tellInfo();
    host._changed();
  };

  const tellInfo = (): void =>
    say(
      'info',
      epoch,
      undefined,
      manager.latencyMs,
      manager.transport,
      seats.size,
      seats.size > MAX_MEMBERS
        ? []
        : [...seats.values()].map(({ _key, _own, _seenMs }): Member => [_key, _own, _seenMs]),
    );

  const tellUp = (key?: string): void => {
    const { engine } = manager;
    engine.off('drain', hearDrain);
    engine.on('drain', hearDrain);
    // The connection may turn out to be alive.
    pumpAll();
    say('up', epoch, key, `${engine.id}`);
    tellInfo();
  };

  const letAllGo = (): void => {
    for (const { _stop } of seats.values()) _stop();
    seats.clear();
    stopIdling();
  };

  const createRoom = (nsp: string): Room => {
    /** The tabs that wait for the answer to CONNECT, and the session that each of them had. */
    const waiting = new Map<Seat, ConnectData>();
    const members = new Set<Seat>();
    /** The events that wait for the server's acknowledgement, by the id that the server knows: the tab, and its own id. */
    const acks = new Map<number, readonly [Seat, id: number, sinceMs: number]>();
    /** Events of the server that request an answer: the tabs that may answer, the last visible one first, and their answers. */
    const questions = new Map<
      number,
      readonly [Seat[], answers: Map<Seat, unknown[] | undefined>, sinceMs: number]
    >();
    let early: EventPacket[] = [];
    let earlyBytes = 0;
    let nextId = 0;
    let gaps = 0;
    /** The session that was requested from the server, and the offset from which on it is complete. */
    let claim: { readonly _pid: string; readonly _offset: unknown; readonly _position: Position } | undefined;
    let since: Position = [0, 0];
    let reply: Readonly<Record<string, unknown>> = {};
    let askNext: () => unknown = nothing;
    let stopAsking = nothing;

    /** Answers the waiting tabs. */
    const admit = (): void => {
      const { pid } = reply;
      for (const [seat, { pid: claimed } = {} as Claim] of waiting) {
        const { _key, _position } = seat;
        const same = claimed !== undefined && realPid(claimed) === pid;
        const whole =
          same &&
          compare(_position, since) >= 0 &&
          (!forgotten || compare(_position, [epoch, forgotten]) >= 0);
        const data = same ? { ...reply, pid: whole ? claimed : `${pid}~${++gaps}` } : reply;
        // The missed events follow.
        const from = whole ? (_position[0] === epoch ? _position[1] : 0) : number;
        tellPacket(seat, { type: CONNECT, nsp, data } as ConnectPacket, from);
        members.add(seat);
        for (const { _number, _nsp, _chunks } of events)
          if (_nsp === nsp && _number > from) tell(_key, nsp, _chunks, _number);
      }
      waiting.clear();
    };

    /** Sends the server the answer of the last visible tab that has a listener, as soon as that tab is known. */
    const decide = (id: number): void => {
      const [seated, answers] = questions.get(id) ?? [];
      if (!seated || !answers) return;
      const first = seated.find((seat) => members.has(seat) && (!answers.has(seat) || answers.get(seat)));
      const data = first && answers.get(first);
      if (first && !data) return;
      questions.delete(id);
      if (data) connection._control({ type: ACK, nsp, id, data });
    };

    const handler: NamespaceHost = {
      nsp,
      _sender: { _flush: nothing },
      /** Requests `auth` from one tab after the other, beginning with the leader's own, until one provides it. */
      get _auth() {
        return () =>
          new Promise((resolve, reject) => {
            const asked = new Set<Seat>();
            askNext = () => {
              const seat = [...seats.values()]
                .filter((one) => !asked.has(one) && (waiting.has(one) || nsp in one._claims))
                .sort((one, other) => Number(other._own) - Number(one._own))[0];
              if (!seat) return false;
              stopAsking();
              asked.add(seat);
              stopAsking = clock.after(AUTH_PATIENCE_MS, askNext);
              say('auth', epoch, seat._key, nsp);
              return true;
            };
            room._authenticate = (_seat, error, data) => {
              if (error !== undefined && askNext()) return;
              stopAsking();
              askNext = nothing;
              room._authenticate = nothing;
              if (error === undefined) resolve(data === undefined ? null : JSON.parse(data));
              else reject(new Error(error));
            };
            askNext();
          });
      },
      _starting() {
        early = [];
        earlyBytes = 0;
      },
      _connecting() {
        // The offset of the tab that is furthest behind, so that no tab misses an event.
        const claims = [...seats.values()]
          .flatMap(({ _claims, _position }) => {
            const { pid, offset } = _claims[nsp] ?? {};
            return pid === undefined ? [] : { _pid: realPid(pid), _offset: offset, _position };
          })
          .sort((one, other) => compare(one._position, other._position));
        const last = claims[claims.length - 1];
        claim = claims.find(({ _pid, _offset }) => _pid === last?._pid && _offset !== undefined) ?? last;
        const [data] = waiting.values();
        return claim || data
          ? { ...data, ...(claim && { pid: claim._pid, offset: claim._offset }) }
          : undefined;
      },
      _joined(data) {
        reply = data;
        since = claim && data.pid === claim._pid ? claim._position : [epoch, number];
        // For the plugins of the connection: the hub has no sockets that would report it.
        manager._show('event', manager, 'connect', []);
        admit();
        for (const packet of early.splice(0)) this._received(packet);
      },
      _received(packet) {
        const { id } = packet;
        if (packet.type === ACK) {
          const [seat, own] = acks.get(packet.id) ?? [];
          acks.delete(packet.id);
          if (seat) tellPacket(seat, { ...packet, id: own as number });
        } else if (!namespace.connected) {
          earlyBytes += EARLY_BYTES + connection._packetBytes;
          if (earlyBytes < MAX_EARLY_BYTES) early.push(packet);
          // The tabs learn that they have missed some.
          else claim = undefined;
        } else {
          if (id !== undefined) {
            questions.set(id, [bySight(members), new Map(), clock.now()]);
          }
          spread(members, packet);
        }
      },
      _retryAfterMs: nothing as () => undefined,
      _connectFailed({ message, data }: Error & { data?: unknown }) {
        // Each tab has its own timeout, and every tab is told about a failing connection.
        if (namespace.active) return;
        for (const seat of waiting.keys())
          tellPacket(seat, { type: CONNECT_ERROR, nsp, data: { message, data } });
        waiting.clear();
      },
      _gaveUp: nothing,
      _ended(reason) {
        acks.clear();
        questions.clear();
        if (reason === 'io server disconnect')
          for (const seat of members) tellPacket(seat, { type: DISCONNECT, nsp });
        members.clear();
      },
    };
    const namespace = new Namespace(handler, connection);

    const room: Room = {
      _namespace: namespace,
      _members: members,
      _authenticate: nothing,
      _waits: (sinceMs) =>
        [...acks.values(), ...questions.values()].some(([, , askedAtMs]) => askedAtMs > sinceMs),
      _enter(seat, data) {
        waiting.set(seat, data);
        askNext();
        if (namespace.connected) admit();
        else namespace.join();
      },
      _remove(seat) {
        if (!waiting.delete(seat) && !members.delete(seat)) return;
        for (const id of questions.keys()) decide(id);
        for (const [id, [asker]] of acks) if (asker === seat) acks.delete(id);
        if (waiting.size + members.size > 0) return;
        stopAsking();
        namespace.leave();
      },
      _idFor(seat, id) {
        if (id === undefined) return id;
        acks.set(nextId, [seat, id, clock.now()]);
        return nextId++;
      },
      _answer(seat, id, data) {
        questions.get(id)?.[1].set(seat, data);
        decide(id);
      },
    };
    return room;
  };

  // Created before all other sockets and always active: the tabs learn about the connection before their namespaces do.
  connection._namespaces.set('', {
    active: true,
    connected: false,
    receive: nothing,
    linkUp: () => tellUp(),
    linkDown(reason) {
      const taken: Record<string, number> = {};
      for (const seat of seats.values()) {
        settle(seat);
        taken[seat._key] = seat._taken;
      }
      // The tabs keep what was not handled.
      say('down', epoch, undefined, reason, number, taken);
      letAllGo();
      const left = [...rooms.values()];
      rooms.clear();
      for (const { _namespace } of left) _namespace.leave();
      // Most tabs reconnect. If none does, nothing else would end this connection.
      stopIdling = clock.after(IDLE_MS, () => host._changed());
    },
    failed({ message, attempts = [] }: Error & { attempts?: readonly Attempt[] }) {
      // A cause may be an event of the browser, which cannot be cloned.
      say(
        'fail',
        epoch,
        undefined,
        message,
        attempts.map(({ cause, ...rest }) => rest),
      );
    },
    giveUp: nothing,
  });
  manager.on('status', tellInfo);
  // Before the first tab requests it.
  connection._beginOpening(false);

  return {
    _seats: seats,
    _busy() {
      for (const { _asked, _going } of seats.values()) if (_asked + _going.length > 0) return true;
      for (const room of rooms.values()) if (room._waits(clock.now() - ANSWER_MS)) return true;
      return false;
    },
    _pause(value) {
      paused = value;
      if (!paused) pumpAll();
    },
    _lastSeen: () => bySight(seats.values())[0],
    _hear(message) {
      const [what, key] = message;
      const seat = seats.get(key);
      if (what === 'open') {
        const [, , _seenMs, _position, _claims] = message;
        // Not from a tab of this library.
        if (!isRecord(_claims) || !Array.isArray(_position)) return;
        // The tab may repeat it, to be safe.
        if (!seat) {
          const _own = key.startsWith(own);
          seats.set(key, {
            _key: key,
            _own,
            _position,
            _claims,
            _decoder: new Decoder(Number.POSITIVE_INFINITY),
            _seenMs,
            _parcels: [],
            _asked: 0,
            _going: [],
            _chunks: 0,
            _taken: 0,
            _told: 0,
            _stop: _own
              ? nothing
              : host._watchTab(key, () => void clock.after(LAST_WORDS_MS, () => leave(key, true))),
          });
        }
        say('seat', epoch, key, signature);
        if (connection._linkId) tellUp(key);
        else if (connection._retryInMs === undefined) connection._beginOpening(false);
        host._changed();
      } else if (what === 'close') leave(key, message[2]);
      else if (!seat) return;
      else if (what === 'data') {
        let bytes = 0;
        for (const chunk of message[2]) {
          seat._chunks++;
          bytes += sizeOf(chunk);
          const _packet = attempt(() => seat._decoder.add(chunk) ?? PARTIAL) ?? UNREADABLE;
          if (_packet === PARTIAL) continue;
          seat._parcels.push({
            _packet,
            _bytes: bytes,
            _end: seat._chunks,
            _chunks: [],
            _sender: sender,
          });
          bytes = 0;
        }
        pump(seat, true);
      } else if (what === 'ok') {
        const isLate = _environment.dateMs() - message[2] > LATE_AFTER_MS;
        for (const parcel of connection._live ? seat._parcels.splice(0, seat._asked) : []) {
          if (!isLate) hand(seat, parcel);
          seat._going.push(parcel);
        }
        seat._asked = 0;
        pump(seat);
      } else if (what === 'ask') tellTaken(seat);
      else if (what === 'seen') {
        seat._seenMs = message[2];
        tellInfo();
        host._changed();
      } else {
        const room = rooms.get(message[2]);
        if (what === 'pass') room?._answer(seat, message[3]);
        else room?._authenticate(seat, message[3], message[4] as string);
      }
    },
    _close() {
      for (const parcel of connection._session?._takeBack() ?? []) sender._giveBack(parcel as Parcel);
      for (const seat of seats.values()) {
        settle(seat);
        tellTaken(seat);
      }
      closed = true;
      letAllGo();
      manager.off();
      connection._close('forced close');
    },
  };
}
