/** The rooms of a namespace and their members, and the recipients of broadcasts. */
import { type Caller, Events } from './events.js';

export type Room = string;

/** The recipients of a broadcast. */
export interface Audience {
  readonly rooms: ReadonlySet<Room>;
  readonly except: ReadonlySet<Room>;
}

/** Modifiers of an emit. */
export interface Flags {
  readonly volatile?: boolean;
  readonly compress?: boolean;
  readonly local?: boolean;
  /** The timeout of acknowledgements, in milliseconds. */
  readonly timeout?: number;
}

/** Sends an event to an audience. @returns how many sockets were asked */
export type Send = (
  audience: Audience,
  event: readonly unknown[],
  flags: Flags,
  answered?: (answer: unknown) => void,
) => number;

/** `namespace.adapter` for handlers. */
export class Rooms extends Events {
  /** The socket ids of each room. */
  readonly rooms: Map<Room, Set<string>> = new Map();
  /** The rooms of each socket. */
  readonly sids: Map<string, Set<Room>> = new Map();

  constructor(
    private readonly _call: Caller,
    private readonly _send: Send,
  ) {
    super();
  }

  /** Sends an event to many clients. Servers replace this method, like the next one. */
  broadcast(
    { data }: { readonly data: unknown[] },
    { flags, ...audience }: Audience & { readonly flags: Flags },
  ): void {
    this._send(audience, data, flags);
  }

  /**
   * Sends an event to many clients, and collects their answers. Servers replace this method to see the answers: `serve` of
   * `holdfast/contract/server` does.
   *
   * @param counted called with how many sockets were asked
   * @param answered called with each answer, and the socket as `this`
   */
  broadcastWithAck(
    { data }: { readonly data: unknown[] },
    { flags, ...audience }: Audience & { readonly flags: Flags },
    counted: (count: number) => void,
    answered: (answer: unknown) => void,
  ): void {
    counted(this._send(audience, data, flags, answered));
  }

  /** The sockets that are in one of these rooms; without rooms, all. */
  async sockets(rooms: ReadonlySet<Room>): Promise<Set<string>> {
    return this._reached({ rooms, except: new Set() });
  }

  /** The rooms of a socket. */
  socketRooms(id: string): Set<Room> | undefined {
    return this.sids.get(id);
  }

  /** @internal */
  _add(id: string, rooms: Iterable<Room>): void {
    const own = this.sids.get(id) ?? new Set();
    this.sids.set(id, own);
    for (const room of rooms) {
      own.add(room);
      let members = this.rooms.get(room);
      if (!members) {
        members = new Set();
        this.rooms.set(room, members);
        this._fire('create-room', [room], this._call);
      }
      if (members.has(id)) continue;
      members.add(id);
      this._fire('join-room', [room, id], this._call);
    }
  }

  /** @internal */
  _remove(id: string, room: Room): void {
    this.sids.get(id)?.delete(room);
    const members = this.rooms.get(room);
    if (!members?.delete(id)) return;
    this._fire('leave-room', [room, id], this._call);
    if (members.size === 0 && this.rooms.delete(room)) this._fire('delete-room', [room], this._call);
  }

  /** @internal */
  _removeAll(id: string): void {
    for (const room of [...(this.sids.get(id) ?? [])]) this._remove(id, room);
    this.sids.delete(id);
  }

  /** @internal The ids of a broadcast's recipients, each once. */
  _reached({ rooms, except }: Audience): Set<string> {
    const excluded = new Set<string>();
    for (const room of except) for (const id of this.rooms.get(room) ?? []) excluded.add(id);
    const reached = new Set<string>();
    const add = (id: string): void => {
      if (!excluded.has(id)) reached.add(id);
    };
    if (rooms.size === 0) for (const id of this.sids.keys()) add(id);
    else for (const room of rooms) for (const id of this.rooms.get(room) ?? []) add(id);
    return reached;
  }
}
