/**
 * One tab's part in a group of tabs: it waits for the leader's lock, follows the current leader, and detects a leader that is gone or silent.
 */
import type { Manager } from '../../manager/manager.js';
import type { SharingState } from '../../manager/manager-events.js';
import { attempt } from '../../platform/attempt.js';
import { type Cancel, nothing } from '../../platform/clock.js';
import { HoldfastError } from '../../platform/errors.js';
import { type Signal, systemSignals } from '../../platform/signals.js';
import { type Channel, systemTabs, type TabSignal } from '../../platform/tabs.js';
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
  VISIBLE_MS,
  WIRE_VERSION,
  WORKER_LOCK,
} from './wire.js';

/** A leader that owes an answer is replaced after this much silence, in milliseconds: at the second check. */
const SILENCE_MS = 2_900;

/** While an answer is pending, a tab checks at this interval, in milliseconds, whether the leader has sent anything. */
const LOOK_MS = 1_500;

/** A timer that fires this late, in milliseconds, shows that this tab itself was blocked: messages of the leader may be waiting. */
const HELD_UP_MS = 500;

/**
 * After a forced takeover, the earlier leader may still exist. For this long after its last permission, in milliseconds, it may still
 * send old messages (`LATE_AFTER_MS` of the hub), and they must not arrive after what this tab sends next.
 */
const FENCE_MS = 2_500;

/**
 * A leader that was replaced follows the next one only after this time, in milliseconds. For a moment both had a session, and the server
 * sent an event to each: what this tab has received by itself must have reached the new leader before it passes events on to this tab.
 */
const OVERLAP_MS = 1_000;

/** A hidden leader hands over to a tab that stays visible for this long, in milliseconds: not to every tab that the user passes. */
const HANDOVER_MS = 2_000;

/** The minimum interval between two forced takeovers of a tab, in milliseconds: tabs that cannot hear each other must not alternate. */
const STEAL_PAUSE_MS = 10_000;

/**
 * The time a worker may take to start, in milliseconds: its script may load over a slow link. A tab that continues without the worker
 * has a second connection.
 */
const WORKER_STARTS_MS = 15_000;

/** The delay between the end of a worker and the start of the next, in milliseconds. */
const WORKER_ENDS_MS = 100;

/** Epochs are dates: one that is this far ahead, in milliseconds, is not from a tab of this library. */
const DAY_MS = 86_400_000;

export interface Group extends LinkHost, HubHost {
  _sharing: SharingState;
  _latencyMs: number | undefined;
  /** Whether the program wants a connection. */
  _wanted: boolean;
  /** The transport of the next session. @param server its origin and path */
  _dial(server: string): Link;
  /** The program no longer needs a connection. */
  _release(): void;
  /** An event that requests an answer is for one tab only, and this tab has no listener for it. */
  _pass(nsp: string, id: number): void;
}

export function createGroup(
  manager: Manager,
  ownKey: string,
  changedRole: (off: boolean) => void,
  worker: string | URL | undefined,
): Group {
  const { _environment, _connection: connection } = manager;
  const { clock } = _environment;
  const platform = _environment.tabs ?? systemTabs;
  const tabId = _environment.randomId();
  let groupName = '';
  let known = 0;
  let hub: Hub | undefined;
  /** The link of the program's next messages. */
  let current: Link | undefined;
  /** The links that are not closed, by key: the current one, and earlier ones that still hand over their last messages. */
  const links = new Map<string, Link>();
  let dialled = 0;
  let position: Position = [0, 0];
  let seenMs = 0;
  /** To all tabs. */
  let channel: Channel | undefined;
  /** To the worker. Between a tab and a leader, each link has a pipe of its own. */
  let pipe: Channel | undefined;
  /** The leader's pipes, by the keys of the links. */
  const pipes = new Map<string, Channel>();
  /** Messages of this tab to itself, while it leads. */
  const mail: Down[] = [];
  /** Undo the steps of joining; undefined while this tab is not in the group. */
  let stops: Cancel[] | undefined;
  /** Remove the listeners for the page's visibility and life. */
  let unwatch: Cancel[] | undefined;
  /** Whether this tab has its own lock, by which others detect its end. */
  let present = false;
  /** Releases the leader's lock, or stops waiting for it. */
  let withdraw: Cancel = nothing;
  let stopLooking: Cancel | undefined;
  let stopFence: Cancel = nothing;
  let stopWorker: Cancel = nothing;
  /** How many workers were started without an answer. After an answer, one more is allowed. */
  let silentWorkers = 1;
  let stopYielding: Cancel | undefined;
  /** When the leader last sent something, and whether it was asked. */
  let heardAtMs = 0;
  let asked = false;
  /** The date when a leader was last permitted to send messages, in milliseconds. */
  let agreedAtMs = 0;
  /** When this tab was replaced as the leader, in milliseconds. */
  let replacedAtMs = Number.NEGATIVE_INFINITY;
  /** When this tab may force a takeover again. */
  let mayStealAtMs = 0;

  const dateMs = (): number => _environment.dateMs();

  /** The transport of the next session. @param server its origin and path */
  function dial(server: string): Link {
    const name = `holdfast:tabs:${WIRE_VERSION}:${server}:${ownKey}`;
    if (name !== groupName) leave();
    groupName = name;
    return new Link(`${tabId}/${++dialled}`, group);
  }

  function join(): void {
    if (stops) return;
    const signals = manager._environment.signals ?? systemSignals;
    stops = [];
    unwatch ??= [platform.watch(live), signals.watch(part)];
    const url = worker;
    const failed = (): void => {
      // Without a worker, one of the tabs leads.
      leave();
      worker = undefined;
      rejoin();
    };
    try {
      if (url) {
        pipe = platform.worker(url, groupName, hear, failed);
        if (!pipe) worker = undefined;
      }
      if (!worker) channel = platform.channel(groupName, hear, true);
    } catch (error) {
      off(error);
      return;
    }
    look(platform.visible);
    const stop = platform.lock(
      `${groupName}:${tabId}`,
      false,
      () => {
        present = true;
        if (current) opening(current);
      },
      off,
    );
    stops.push(stop);
    if (worker) {
      pipe?.post(['hello', manager.uri, settingsOf(manager)]);
      become({ role: 'worker' });
    } else stand();
  }

  function stand(): void {
    claimLock(false);
  }

  function claimLock(steal: boolean, stolen: boolean = steal): void {
    withdraw();
    withdraw = platform.lock(
      groupName,
      steal,
      () => lead(stolen),
      (error) => {
        if ((error as Error)?.name !== 'AbortError') off(error);
        else {
          replaced();
          relink(false);
        }
      },
    );
  }

  /** Leaves the group: another tab leads, and none waits for this one. */
  function leave(frozen = false): void {
    // The leader sends what it has received, without a confirmation.
    for (const link of hub ? [] : links.values()) {
      say(['close', link._key, true]);
      link._assumeTaken();
    }
    for (const stop of stops ?? []) stop();
    stops = undefined;
    if (!frozen) {
      for (const stop of unwatch ?? []) stop();
      unwatch = undefined;
    }
    present = false;
    resign();
    withdraw();
    stopFence();
    stopWorker();
    stopLooking?.();
    stopLooking = undefined;
    channel?.close();
    channel = undefined;
    pipe?.close();
    pipe = undefined;
    for (const link of links.values()) closePipe(link);
    endEarlier();
  }

  /** The program no longer needs a connection. */
  function release(): void {
    group._wanted = false;
    changed();
  }

  function rejoin(): void {
    join();
    relink(false);
  }

  function lead(stolen: boolean): void {
    known = Math.max(known + 1, dateMs());
    hub = createHub(hubManager(manager), known, group, `${tabId}/`, signatureOf(manager));
    become({ role: 'leader' });
    channel?.post(['lead', known, undefined, stolen]);
    relink(stolen);
  }

  function resign(): void {
    stopYielding?.();
    stopYielding = undefined;
    if (!hub) return;
    hub._close();
    // Deliver what the server has already sent.
    for (const one of mail.splice(0)) hear(one);
    hub = undefined;
    for (const pipe of pipes.values()) pipe.close();
    pipes.clear();
    become({ role: 'follower' });
  }

  /** Another tab has taken the lead by force. */
  function replaced(): void {
    if (hub) replacedAtMs = clock.now();
    resign();
    stand();
  }

  function off(error: unknown): void {
    leave();
    become({ role: 'off', reason: `${(error as Error)?.message ?? error}` });
    // The current attempt would wait forever for a leader.
    connection._dispatch({
      type: 'plugin',
      react: (state, { negotiate }) =>
        state.name === 'negotiating' ? negotiate(state.outage, state) : state,
    });
  }

  function become(sharing: SharingState): void {
    group._sharing = sharing;
    changedRole(sharing.role === 'off');
  }

  // Messages of this tab.

  /** A link is opening: asks the leader for a seat, once this tab's lock shows that it exists. */
  function opening(link: Link): void {
    current = link;
    links.set(link._key, link);
    join();
    // Joining may have failed.
    if (!stops || link.readyState !== 'opening' || !(present || hub)) return;
    if (!worker && !hub) link._pipe ??= openPipe(link._key);
    link._epoch = undefined;
    say(['open', link._key, seenMs, position, claims()]);
    watch();
  }

  function sends(link: Link, chunks: readonly unknown[]): void {
    say(['data', link._key, chunks]);
    watch();
  }

  function closed(link: Link): void {
    if (stops) say(['close', link._key, link._parting]);
    links.delete(link._key);
    closePipe(link);
    if (current !== link) return;
    current = undefined;
    stopFence();
  }

  function openPipe(key: string): Channel {
    return platform.channel(`${groupName}:${key}`, hear);
  }

  function closePipe(link: Link): void {
    link._pipe?.close();
    link._pipe = undefined;
  }

  function say(message: Up): void {
    if (hub) hub._hear(message);
    else if (message[0] === 'open' && channel) channel.post(message);
    else (pipe ?? links.get(message[1])?._pipe)?.post(message);
  }

  /** The earlier sessions of this tab, by namespace. */
  function claims(): Record<string, Claim> {
    const { _sockets } = manager;
    const claims: Record<string, Claim> = {};
    for (const nsp of connection._namespaces.keys()) {
      const socket = _sockets.get(nsp);
      if (!socket) continue;
      const { pid, offset } = (socket._connecting() ?? {}) as Claim;
      claims[nsp] = { pid, offset };
    }
    return claims;
  }

  /** Other scripts can write to a channel: malformed messages are ignored. */
  function hear(message: unknown): void {
    if (!isMessage(message)) return;
    const [, second] = message;
    attempt(() => {
      if (typeof second === 'string') hub?._hear(message as unknown as Up);
      else if (Number.isFinite(second)) hearLeader(message as unknown as Down);
    });
  }

  function hearLeader(message: Down): void {
    const [what, epoch, key] = message;
    if (what === 'lead') {
      if (epoch <= known || epoch > dateMs() + DAY_MS) return;
      known = epoch;
      if (hub) replaced();
      relink(message[3]);
      return;
    }
    const link = key === undefined ? current : links.get(key);
    if (key !== undefined && !link) return;
    if (link !== current) {
      // It still hands over its last messages, and the leader may ask it for `auth`. Nothing else concerns it.
      if (link && epoch === link._epoch && epoch >= known) hearLast(link, message);
      return;
    }
    if (what === 'seat' && link) {
      // From a leader that was replaced and does not know it.
      if (epoch < known) return;
      known = epoch;
      const moved = link._epoch !== undefined && link._epoch !== epoch;
      link._epoch = epoch;
      if (moved && link.readyState === 'open') relink(false);
      if (worker) {
        silentWorkers = -1;
        watchWorker();
      }
      warnOfDifferences(message[3], signatureOf(manager));
    }
    if (what === 'up' && !link && epoch >= known) wake();
    if (!link || epoch !== link._epoch) return;
    heardAtMs = clock.now();
    asked = false;
    // From a leader that was replaced: it gets no further permission.
    if (epoch < known) return;
    if (what === 'down') {
      position = [epoch, message[4]];
      link._taken = link._agreed = message[5][link._key] ?? 0;
      endEarlier();
      end(link, message[3]);
    } else if (what === 'info') {
      const [, , , latencyMs, transport, tabs, list] = message;
      group._latencyMs = latencyMs;
      connection._latencyMs = latencyMs;
      manager._changed();
      const { role } = group._sharing;
      const members = list.map(([tab, leads, seenMs]) => ({
        id: tab.split('/')[0] as string,
        leads,
        visible: seenMs > VISIBLE_MS,
        self: tab === link._key,
      }));
      const sharing = { role, transport, tabs, members };
      if (JSON.stringify(sharing) !== JSON.stringify(group._sharing)) become(sharing);
    } else if (what === 'yield') claimLock(true, false);
    else if (what === 'refused') {
      const [, , , nsp, id, data, code, text] = message;
      const error = Object.assign(new HoldfastError(code, ''), { message: text });
      manager._sockets.get(nsp)?._sender._refuse({ id, data } as BufferedPacket, error);
    } else if (what === 'auth' || what === 'taken') hearLast(link, message);
    else {
      link._hear(message);
      if (what === 'packet') position = [epoch, message[5]];
    }
  }

  function hearLast(link: Link, message: Down): void {
    const [what] = message;
    if (what === 'auth') answerAuth(link, message[3]);
    else if (what === 'taken' && message[4]) {
      link._agreed = message[3];
      agreedAtMs = dateMs();
      say(['ok', link._key, agreedAtMs]);
    } else if (what === 'taken') link._hear(message);
  }

  function answerAuth({ _key }: Link, nsp: string): void {
    const fail = (error: unknown): void =>
      say(['auth', _key, nsp, `${(error as Error | undefined)?.message ?? error}`]);
    const socket = manager._sockets.get(nsp);
    // As text: it may contain values that cannot be cloned.
    askAuth(
      socket?.auth,
      socket,
      (data) => {
        try {
          say(['auth', _key, nsp, undefined, JSON.stringify(data)]);
        } catch (error) {
          fail(error);
        }
      },
      fail,
    );
  }

  /** An event that requests an answer is for one tab only, and this tab has no listener for it. */
  function pass(nsp: string, id: number): void {
    if (current) say(['pass', current._key, nsp, id]);
  }

  /** Ends a dead link. Messages that the leader has not handled are sent again. */
  function end(link: Link, reason: string): void {
    const { engine } = manager;
    if ((engine.transport as unknown) !== link) {
      link._dispatch('close');
      return;
    }
    engine._handed = link._handed;
    engine._end(reason);
  }

  /** Ends the earlier links: their leader is gone, or has ended them. */
  function endEarlier(): void {
    for (const link of [...links.values()]) if (link !== current) link._dispatch('close');
  }

  /** Replaces the link to a leader that is gone, at once. */
  function relink(stolen: boolean): void {
    const link = current;
    stopFence();
    endEarlier();
    const leftMs = Math.max(
      replacedAtMs + OVERLAP_MS - clock.now(),
      stolen ? agreedAtMs + FENCE_MS - dateMs() : 0,
    );
    if (!link) wake();
    else if (leftMs > 0) stopFence = clock.after(leftMs, () => relink(false));
    else if (link.readyState === 'opening') opening(link);
    else {
      const { engine } = manager;
      if ((engine.transport as unknown) === link) {
        engine._handed = link._handed;
        connection._dispatch({
          type: 'plugin',
          react(state, { atMs, tell, negotiate }) {
            if (state.name !== 'connected') return state;
            tell('close', 'transport close', undefined);
            return negotiate({ attempt: 1, failures: 0, startedAtMs: atMs });
          },
        });
      }
      end(link, 'transport close');
    }
  }

  /** A connection exists: a waiting attempt starts at once. */
  function wake(): void {
    if (connection._retryInMs !== undefined) connection._beginOpening(false);
  }

  // Whether the leader is alive.

  /** Whether this tab waits for an answer of the leader. */
  function owed(): boolean {
    const link = current;
    if (!link || hub) return false;
    if (asked || link._waits || link.readyState === 'opening') return true;
    for (const socket of manager._kept) if (socket._sender._pending.size > 0) return true;
    return false;
  }

  /** @param sinceMs since when an answer has been pending */
  function watch(sinceMs: number = clock.now()): void {
    if (stopLooking || !platform.visible || !owed()) return;
    const startedMs = clock.now();
    stopLooking = clock.after(LOOK_MS, () => {
      stopLooking = undefined;
      const link = current;
      if (!link || !owed()) return;
      const nowMs = clock.now();
      if (nowMs - startedMs > LOOK_MS + HELD_UP_MS) heardAtMs = nowMs;
      const silentMs = nowMs - Math.max(heardAtMs, sinceMs);
      const isStarting = worker && silentWorkers > 0;
      if (silentMs < (isStarting ? WORKER_STARTS_MS : SILENCE_MS)) ask(link);
      else if (platform.visible) steal();
      watch(sinceMs);
    });
  }

  function ask(link: Link): void {
    asked = true;
    if (link._epoch === undefined) say(['open', link._key, seenMs, position, claims()]);
    else say(['ask', link._key]);
  }

  /** Takes the lead by force. */
  function steal(): void {
    const nowMs = clock.now();
    if (nowMs < mayStealAtMs) return;
    mayStealAtMs = nowMs + STEAL_PAUSE_MS;
    if (worker) replaceWorker();
    else claimLock(true);
  }

  /** Starts a new worker in place of a silent one; if none answers, a tab leads. */
  function replaceWorker(): void {
    if (silentWorkers++ > 0) worker = undefined;
    leave(true);
    rejoin();
  }

  /** A worker holds a lock for its whole life. */
  function watchWorker(): void {
    stopWorker();
    stopWorker = platform.lock(
      `${groupName}${WORKER_LOCK}`,
      false,
      () => {
        stopWorker();
        stopWorker = clock.after(WORKER_ENDS_MS, () => replaceWorker());
      },
      nothing,
    );
  }

  // Signals of the browser.

  function look(visible: boolean): void {
    seenMs = dateMs() + (visible ? VISIBLE_MS : 0);
  }

  function live(signal: TabSignal): void {
    if (signal === 'frozen') leave(true);
    else if (signal === 'resumed') rejoin();
    else {
      look(signal === 'visible');
      const link = current;
      if (!link) return;
      say(['seen', link._key, seenMs]);
      if (signal === 'hidden') changed();
      else if (!hub) {
        ask(link);
        watch();
      }
    }
  }

  /** The page is left, after the connection has sent its last packets. */
  function part(signal: Signal): void {
    if (signal === 'stored' || signal === 'left') clock.soon(() => leave());
  }

  // What the hub of a leader needs.

  function post(message: Down): void {
    const [what, , key] = message;
    if (key === undefined || key.startsWith(`${tabId}/`)) {
      // In order, and never during a call of the hub.
      if (mail.push(message) === 1) {
        clock.soon(() => {
          for (const one of mail.splice(0)) hear(one);
        });
      }
      if (key !== undefined) return;
    }
    // Packets and the end of the link must keep their order, so they share the common channel.
    const direct = key !== undefined && what !== 'packet' && what !== 'up';
    if (direct) pipes.get(key)?.post(message);
    else if (what !== 'packet' || [...(hub as Hub)._seats.values()].some(({ _own }) => !_own))
      channel?.post(message);
  }

  function watchTab(key: string, gone: () => void): Cancel {
    const pipe = openPipe(key);
    pipes.set(key, pipe);
    const stop = platform.lock(`${groupName}:${key.split('/')[0]}`, false, gone, nothing);
    return () => {
      stop();
      pipe.close();
      pipes.delete(key);
    };
  }

  /** A leader without users leaves; a hidden one hands over to a visible tab. */
  function changed(): void {
    if (!group._wanted && !(hub && hub._seats.size > 0)) {
      leave();
      return;
    }
    const visible = (): string | undefined => {
      const seat = platform.visible ? undefined : hub?._lastSeen();
      return seat && seat._seenMs > VISIBLE_MS ? seat._key : undefined;
    };
    if (stopYielding || !visible()) return;
    stopYielding = clock.after(HANDOVER_MS, () => {
      stopYielding = undefined;
      const key = visible();
      const yielding = hub;
      if (!key || !yielding) return;
      if (yielding._busy()) changed();
      else {
        yielding._pause(true);
        post(['yield', known, key]);
        // The other tab may be gone, too.
        stopYielding = clock.after(HANDOVER_MS, () => {
          stopYielding = undefined;
          yielding._pause(false);
        });
      }
    });
  }

  const { missing } = platform;
  const group: Group = {
    _sharing: missing ? { role: 'off', reason: missing } : { role: 'follower' },
    _latencyMs: undefined,
    _wanted: false,
    get _nowMs() {
      return clock.now();
    },
    _dial: dial,
    _release: release,
    _pass: pass,
    _opening: opening,
    _sends: sends,
    _closed: closed,
    _post: post,
    _watchTab: watchTab,
    _changed: changed,
  };
  return group;
}
