/**
 * One tab's part in a group of tabs: stands for the lead, follows the tab that has it, and notices when the leader is gone or does not answer.
 */
import type { Manager } from '../../manager/manager.js';
import type { SharingState } from '../../manager/manager-events.js';
import { attempt } from '../../platform/attempt.js';
import { type Cancel, nothing } from '../../platform/clock.js';
import { HoldfastError } from '../../platform/errors.js';
import { type Signal, systemSignals } from '../../platform/signals.js';
import { type Channel, systemTabs, type TabPlatform, type TabSignal } from '../../platform/tabs.js';
import type { BufferedPacket } from '../../socket/message.js';
import { askAuth } from '../../socket/namespace.js';
import { createHub, type Hub, type HubHost } from './hub.js';
import { Link, type LinkHost } from './link.js';
import { hubManager, settingsOf, signatureOf, warnOfDifferences } from './options.js';
import {
  type Claim,
  type Down,
  isMessage,
  type Position,
  type Up,
  WIRE_VERSION,
  WORKER_LOCK,
} from './wire.js';

/** A leader that owes an answer and has said nothing at the second look, for so long in milliseconds, has lost the lead. */
const SILENCE_MS = 2_900;

/** How often a tab looks whether the leader has said anything, in milliseconds, while it is owed an answer. */
const LOOK_MS = 1_500;

/** A timer that is so late, in milliseconds, says that this tab itself was held up: what the leader has said may wait to be read. */
const HELD_UP_MS = 500;

/**
 * Where the lead was stolen, the earlier leader may still be there. What it was given leave to hand over less than this ago, in
 * milliseconds, it may still hand over (`LATE_AFTER_MS` of the hub), and it must not come after what this tab sends next.
 */
const FENCE_MS = 2_500;

/** A hidden leader hands over to a tab that has been visible for so long, in milliseconds: not to each one that is passed by. */
const HANDOVER_MS = 2_000;

/** A tab takes the lead by force once in so many milliseconds: two that cannot hear each other do not fight. */
const STEAL_PAUSE_MS = 10_000;

/**
 * So long may a worker take to start, in milliseconds: its script may come over a slow link. A tab that goes on without it has a
 * connection beside that of the others.
 */
const WORKER_STARTS_MS = 15_000;

/** So long after a worker has lost its lock, in milliseconds, the browser starts another one. */
const WORKER_ENDS_MS = 100;

/** Epochs begin with the date: one that is so far ahead, in milliseconds, is not from a tab of ours. */
const DAY_MS = 86_400_000;

/** Added to when a visible tab was brought to the front: it comes before all hidden ones. */
const VISIBLE_MS = 1e15;

export class Group implements LinkHost, HubHost {
  _sharing: SharingState = { role: 'follower' };
  _latencyMs: number | undefined;
  /** Whether the program wants a connection. */
  _wanted = false;
  private readonly _platform: TabPlatform;
  private readonly _tabId: string;
  private _name = '';
  private _epoch = 0;
  private _hub: Hub | undefined;
  private _link: Link | undefined;
  private _links = 0;
  private _position: Position = [0, 0];
  private _seenMs = 0;
  /** To all tabs. */
  private _channel: Channel | undefined;
  /** Between this tab and the leader; or to the worker. */
  private _pipe: Channel | undefined;
  /** The leader's pipes. */
  private readonly _pipes = new Map<string, Channel>();
  /** What this tab tells itself, being the leader. */
  private readonly _mail: Down[] = [];
  /** Undo what joining has begun; undefined while this tab is not in the group. */
  private _stops: Cancel[] | undefined;
  /** Stop listening to what the browser tells of the page. */
  private _unwatch: Cancel[] | undefined;
  /** Whether this tab has the lock by which others know that it is there. */
  private _present = false;
  /** Gives the lead up, or stops waiting for it. */
  private _withdraw: Cancel = nothing;
  private _stopLooking: Cancel | undefined;
  private _stopFence: Cancel = nothing;
  private _stopWorker: Cancel = nothing;
  /** How many workers were tried without an answer; one that has answered is given a second chance. */
  private _silentWorkers = 1;
  private _stopYielding: Cancel | undefined;
  /** When the leader last said something, and whether it was asked to. */
  private _heardAtMs = 0;
  private _asked = false;
  /** When this tab may take the lead by force again. */
  private _mayStealAtMs = 0;

  constructor(
    private readonly _manager: Manager,
    private readonly _key: string,
    private readonly _changedRole: (off: boolean) => void,
    private _worker: string | URL | undefined,
  ) {
    this._platform = _manager._environment.tabs ?? systemTabs;
    this._tabId = _manager._environment.randomId();
    const { missing } = this._platform;
    if (missing) this._sharing = { role: 'off', reason: missing };
  }

  private get _clock(): Manager['_environment']['clock'] {
    return this._manager._environment.clock;
  }

  get _nowMs(): number {
    return this._clock.now();
  }

  private get _dateMs(): number {
    return this._manager._environment.dateMs();
  }

  /** The transport of the next session. @param server its origin and path */
  _dial(server: string): Link {
    const name = `holdfast:tabs:${WIRE_VERSION}:${server}:${this._key}`;
    if (name !== this._name) this._leave();
    this._name = name;
    return new Link(`${this._tabId}/${++this._links}`, this);
  }

  private _join(): void {
    if (this._stops) return;
    const { _platform, _name, _manager } = this;
    const signals = _manager._environment.signals ?? systemSignals;
    this._stops = [];
    this._unwatch ??= [
      _platform.watch((signal) => this._signal(signal)),
      signals.watch((signal) => this._part(signal)),
    ];
    const heard = (message: unknown): void => this._hear(message);
    const url = this._worker;
    const failed = (): void => {
      // Without a worker, the tabs have to do it.
      this._leave();
      this._worker = undefined;
      this._rejoin();
    };
    try {
      if (url) {
        this._pipe = _platform.worker(url, _name, heard, failed);
        if (!this._pipe) this._worker = undefined;
      }
      if (!this._worker) this._channel = _platform.channel(_name, heard, true);
    } catch (error) {
      this._off(error);
      return;
    }
    this._look(_platform.visible);
    const present = _platform.lock(
      `${_name}:${this._tabId}`,
      false,
      () => {
        this._present = true;
        if (this._link) this._opening(this._link);
      },
      (error) => this._off(error),
    );
    this._stops.push(present);
    if (this._worker) {
      this._pipe?.post(['hello', _manager.uri, settingsOf(_manager)]);
      this._become({ role: 'worker' });
    } else this._stand();
  }

  private _stand(): void {
    this._claimLock(false);
  }

  private _claimLock(steal: boolean, stolen: boolean = steal): void {
    this._withdraw();
    this._withdraw = this._platform.lock(
      this._name,
      steal,
      () => this._lead(stolen),
      (error) => {
        if ((error as Error)?.name !== 'AbortError') this._off(error);
        else {
          // Another tab has stolen it.
          this._resign();
          this._stand();
          this._relink(false);
        }
      },
    );
  }

  /** Leaves the group: others lead, and nobody waits for this tab. */
  _leave(frozen = false): void {
    const { _link: link } = this;
    // What a leader was given, it hands over; nobody will say so.
    if (!this._hub && link) {
      this._say(['close', link._key, true]);
      link._assumeTaken();
    }
    for (const stop of this._stops ?? []) stop();
    this._stops = undefined;
    if (!frozen) {
      for (const stop of this._unwatch ?? []) stop();
      this._unwatch = undefined;
    }
    this._present = false;
    this._resign();
    this._withdraw();
    this._stopFence();
    this._stopWorker();
    this._stopLooking?.();
    this._stopLooking = undefined;
    this._channel?.close();
    this._channel = undefined;
    this._pipe?.close();
    this._pipe = undefined;
  }

  /** The program needs no connection any more. */
  _release(): void {
    this._wanted = false;
    this._changed();
  }

  private _rejoin(): void {
    this._join();
    this._relink(false);
  }

  private _lead(stolen: boolean): void {
    const { _manager } = this;
    this._epoch = Math.max(this._epoch + 1, this._dateMs);
    this._hub = createHub(hubManager(_manager), this._epoch, this, `${this._tabId}/`, signatureOf(_manager));
    this._become({ role: 'leader' });
    this._channel?.post(['lead', this._epoch, undefined, stolen]);
    this._relink(stolen);
  }

  private _resign(): void {
    this._stopYielding?.();
    this._stopYielding = undefined;
    if (!this._hub) return;
    this._hub._close();
    // What the server has sent is not lost.
    for (const one of this._mail.splice(0)) this._hear(one);
    this._hub = undefined;
    for (const pipe of this._pipes.values()) pipe.close();
    this._pipes.clear();
    this._become({ role: 'follower' });
  }

  private _off(error: unknown): void {
    this._leave();
    this._become({ role: 'off', reason: `${(error as Error)?.message ?? error}` });
    const { _connection } = this._manager;
    // The attempt under way waits for a leader that never comes.
    _connection._dispatch({
      type: 'plugin',
      react: (state, { negotiate }) =>
        state.name === 'negotiating' ? negotiate(state.outage, state) : state,
    });
  }

  private _become(sharing: SharingState): void {
    this._sharing = sharing;
    this._changedRole(sharing.role === 'off');
  }

  // What a tab does.

  /** A link is opened: asks for a seat, as soon as the leader can know that this tab is there. */
  _opening(link: Link): void {
    this._link = link;
    this._join();
    // Joining may have found that it cannot be.
    if (!this._stops || link.readyState !== 'opening' || !(this._present || this._hub)) return;
    if (!this._worker && !this._hub && !this._pipe) this._pipe = this._openPipe(link._key);
    link._epoch = undefined;
    this._say(['open', link._key, this._seenMs, this._position, this._claims()]);
    this._watch();
  }

  _sends(link: Link, chunks: readonly unknown[]): void {
    this._say(['data', link._key, chunks]);
    this._watch();
  }

  _closed(link: Link): void {
    if (this._stops) this._say(['close', link._key, link._parting]);
    if (this._link !== link) return;
    this._link = undefined;
    this._stopFence();
    if (this._worker) return;
    this._pipe?.close();
    this._pipe = undefined;
  }

  private _openPipe(key: string): Channel {
    return this._platform.channel(`${this._name}:${key}`, (message) => this._hear(message));
  }

  private _say(message: Up): void {
    const { _hub, _pipe, _channel } = this;
    if (_hub) _hub._hear(message);
    else if (message[0] === 'open' && _channel) _channel.post(message);
    else _pipe?.post(message);
  }

  /** What this tab knows of the sessions that it had. */
  private _claims(): Record<string, Claim> {
    const { _connection, _sockets } = this._manager;
    const claims: Record<string, Claim> = {};
    for (const nsp of _connection._namespaces.keys()) {
      const socket = _sockets.get(nsp);
      if (!socket) continue;
      const { pid, offset } = (socket._connecting() ?? {}) as Claim;
      claims[nsp] = { pid, offset };
    }
    return claims;
  }

  /** Other scripts can write to a channel: a malformed message is ignored. */
  private _hear(message: unknown): void {
    if (!isMessage(message)) return;
    const [, second] = message;
    attempt(() => {
      if (typeof second === 'string') this._hub?._hear(message as unknown as Up);
      else if (Number.isFinite(second)) this._hearLeader(message as unknown as Down);
    });
  }

  private _hearLeader(message: Down): void {
    const { _link: link, _manager } = this;
    const [what, epoch, key] = message;
    if (what === 'lead') {
      if (epoch <= this._epoch || epoch > this._dateMs + DAY_MS) return;
      this._epoch = epoch;
      if (this._hub) {
        this._resign();
        this._stand();
      }
      this._relink(message[3]);
      return;
    }
    if (key !== undefined && key !== link?._key) return;
    if (what === 'seat' && link) {
      // From one that was replaced, and does not know.
      if (epoch < this._epoch) return;
      this._epoch = epoch;
      const moved = link._epoch !== undefined && link._epoch !== epoch;
      link._epoch = epoch;
      if (moved && link.readyState === 'open') this._relink(false);
      if (this._worker) {
        this._silentWorkers = -1;
        this._watchWorker();
      }
      warnOfDifferences(message[3], signatureOf(_manager));
    }
    if (what === 'up' && !link && epoch >= this._epoch) this._wake();
    if (!link || epoch !== link._epoch) return;
    this._heardAtMs = this._nowMs;
    this._asked = false;
    // From one that was replaced: it gets no leave any more.
    if (epoch < this._epoch) return;
    if (what === 'down') {
      this._position = [epoch, message[4]];
      link._taken = link._agreed = message[5][link._key] ?? 0;
      this._end(link, message[3]);
    } else if (what === 'info') {
      const [, , , latencyMs, transport, tabs] = message;
      this._latencyMs = latencyMs;
      _manager._connection._latencyMs = latencyMs;
      _manager._changed();
      const { _sharing } = this;
      if (_sharing.transport !== transport || _sharing.tabs !== tabs)
        this._become({ ..._sharing, transport, tabs });
    } else if (what === 'yield') this._claimLock(true, false);
    else if (what === 'auth') this._answerAuth(link, message[3]);
    else if (what === 'refused') {
      const [, , , nsp, id, data, code, text] = message;
      const error = Object.assign(new HoldfastError(code, ''), { message: text });
      _manager._sockets.get(nsp)?._sender._refuse({ id, data } as BufferedPacket, error);
    } else {
      if (what === 'taken' && message[4]) {
        link._agreed = message[3];
        link._agreedAtMs = this._dateMs;
        this._say(['ok', link._key, link._agreedAtMs]);
      } else link._hear(message);
      if (what === 'packet') this._position = [epoch, message[5]];
    }
  }

  private _answerAuth({ _key }: Link, nsp: string): void {
    const fail = (error: unknown): void =>
      this._say(['auth', _key, nsp, `${(error as Error | undefined)?.message ?? error}`]);
    const socket = this._manager._sockets.get(nsp);
    // As text: it may have what cannot be cloned.
    askAuth(
      socket?.auth,
      socket,
      (data) => {
        try {
          this._say(['auth', _key, nsp, undefined, JSON.stringify(data)]);
        } catch (error) {
          fail(error);
        }
      },
      fail,
    );
  }

  /** An event that asks for an answer is for one tab alone, and this one does not listen to it. */
  _pass(nsp: string, id: number): void {
    if (this._link) this._say(['pass', this._link._key, nsp, id]);
  }

  /** Ends a link over which nothing comes any more. What was not taken goes out again. */
  private _end(link: Link, reason: string): void {
    const { engine } = this._manager;
    if ((engine.transport as unknown) !== link) {
      link._dispatch('close');
      return;
    }
    engine._handed = link._handed;
    engine._end(reason);
  }

  /** A link to a leader that is gone is replaced at once. */
  private _relink(stolen: boolean): void {
    const { _link: link, _manager } = this;
    this._stopFence();
    if (!link) this._wake();
    else if (link.readyState === 'opening') this._opening(link);
    else {
      const leftMs = stolen ? link._agreedAtMs + FENCE_MS - this._dateMs : 0;
      if (leftMs > 0) {
        this._stopFence = this._clock.after(leftMs, () => this._relink(false));
        return;
      }
      const { engine, _connection } = _manager;
      if ((engine.transport as unknown) === link) {
        engine._handed = link._handed;
        _connection._dispatch({
          type: 'plugin',
          react(state, { atMs, tell, negotiate }) {
            if (state.name !== 'connected') return state;
            tell('close', 'transport close', undefined);
            return negotiate({ attempt: 1, failures: 0, startedAtMs: atMs });
          },
        });
      }
      this._end(link, 'transport close');
    }
  }

  /** There is a connection: an attempt need not wait any longer. */
  private _wake(): void {
    const { _connection } = this._manager;
    if (_connection._retryInMs !== undefined) _connection._open(false);
  }

  // Whether the leader is there.

  /** Whether the leader owes this tab something. */
  private get _owed(): boolean {
    const { _link: link, _manager } = this;
    if (!link || this._hub) return false;
    if (this._asked || link._waits || link.readyState === 'opening') return true;
    for (const socket of _manager._kept) if (socket._sender._pending.size > 0) return true;
    return false;
  }

  /** @param sinceMs since when the leader owes something */
  private _watch(sinceMs: number = this._nowMs): void {
    if (this._stopLooking || !this._platform.visible || !this._owed) return;
    const { _clock } = this;
    const startedMs = _clock.now();
    this._stopLooking = _clock.after(LOOK_MS, () => {
      this._stopLooking = undefined;
      const { _link: link } = this;
      if (!link || !this._owed) return;
      const nowMs = _clock.now();
      if (nowMs - startedMs > LOOK_MS + HELD_UP_MS) this._heardAtMs = nowMs;
      const silentMs = nowMs - Math.max(this._heardAtMs, sinceMs);
      const isStarting = this._worker && this._silentWorkers > 0;
      if (silentMs < (isStarting ? WORKER_STARTS_MS : SILENCE_MS)) this._ask(link);
      else if (this._platform.visible) this._steal();
      this._watch(sinceMs);
    });
  }

  private _ask(link: Link): void {
    this._asked = true;
    if (link._epoch === undefined)
      this._say(['open', link._key, this._seenMs, this._position, this._claims()]);
    else this._say(['ask', link._key]);
  }

  /** Takes the lead from the tab that has it. */
  private _steal(): void {
    const nowMs = this._nowMs;
    if (nowMs < this._mayStealAtMs) return;
    this._mayStealAtMs = nowMs + STEAL_PAUSE_MS;
    if (this._worker) this._replaceWorker();
    else this._claimLock(true);
  }

  /** Another worker takes its place; where none answers, a tab does. */
  private _replaceWorker(): void {
    if (this._silentWorkers++ > 0) this._worker = undefined;
    this._leave(true);
    this._rejoin();
  }

  /** A worker has a lock as long as it lives. */
  private _watchWorker(): void {
    this._stopWorker();
    this._stopWorker = this._platform.lock(
      `${this._name}${WORKER_LOCK}`,
      false,
      () => {
        this._stopWorker();
        this._stopWorker = this._clock.after(WORKER_ENDS_MS, () => this._replaceWorker());
      },
      nothing,
    );
  }

  // What the browser tells.

  private _look(visible: boolean): void {
    this._seenMs = this._dateMs + (visible ? VISIBLE_MS : 0);
  }

  private _signal(signal: TabSignal): void {
    if (signal === 'frozen') this._leave(true);
    else if (signal === 'resumed') this._rejoin();
    else {
      this._look(signal === 'visible');
      const { _link: link } = this;
      if (!link) return;
      this._say(['seen', link._key, this._seenMs]);
      if (signal === 'hidden') this._changed();
      else if (!this._hub) {
        this._ask(link);
        this._watch();
      }
    }
  }

  /** The page is left. Its connection has its last words first. */
  private _part(signal: Signal): void {
    if (signal === 'stored' || signal === 'left') this._clock.soon(() => this._leave());
  }

  // What a leader's hub needs.

  _post(message: Down): void {
    const { _mail, _hub, _channel } = this;
    const [what, , key] = message;
    if (key === undefined || key.startsWith(`${this._tabId}/`)) {
      // In order, and never while the tab is saying something.
      if (_mail.push(message) === 1) {
        this._clock.soon(() => {
          for (const one of _mail.splice(0)) this._hear(one);
        });
      }
      if (key !== undefined) return;
    }
    // Order counts among what concerns packets, and the end of the link.
    const direct = key !== undefined && what !== 'packet' && what !== 'up';
    if (direct) this._pipes.get(key)?.post(message);
    else if (what !== 'packet' || [...(_hub as Hub)._seats.values()].some(({ _own }) => !_own))
      _channel?.post(message);
  }

  _watchTab(key: string, gone: () => void): Cancel {
    const pipe = this._openPipe(key);
    this._pipes.set(key, pipe);
    const stop = this._platform.lock(`${this._name}:${key.split('/')[0]}`, false, gone, nothing);
    return () => {
      stop();
      pipe.close();
      this._pipes.delete(key);
    };
  }

  /** A leader that nobody needs leaves; one that is hidden hands over to a tab that is looked at. */
  _changed(): void {
    const { _hub } = this;
    if (!this._wanted && !(_hub && _hub._seats.size > 0)) {
      this._leave();
      return;
    }
    const visible = (): string | undefined => {
      const hub = this._hub;
      const seat = this._platform.visible ? undefined : hub?._lastSeen();
      return seat && seat._seenMs > VISIBLE_MS ? seat._key : undefined;
    };
    if (this._stopYielding || !visible()) return;
    this._stopYielding = this._clock.after(HANDOVER_MS, () => {
      this._stopYielding = undefined;
      const key = visible();
      const { _hub: hub } = this;
      if (!key || !hub) return;
      if (hub._busy()) this._changed();
      else {
        hub._pause(true);
        this._post(['yield', this._epoch, key]);
        // It may be gone, too.
        this._stopYielding = this._clock.after(HANDOVER_MS, () => {
          this._stopYielding = undefined;
          hub._pause(false);
        });
      }
    });
  }
}
