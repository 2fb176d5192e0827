import type { Cancel } from '../platform/clock.js';
import { HoldfastError, LEGACY } from '../platform/errors.js';
import { ACK, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT, type Packet } from '../protocol/packet.js';
import { disconnected } from './acks.js';
import { askAuth, checkAuth } from './auth.js';
import { echo } from './echo.js';
import { tooLarge } from './serialise.js';
import type { Member, SessionOwner, SessionState } from './session-state.js';
import type { Wire, WireEnd } from './wire.js';

const INACTIVE: SessionState = { name: 'inactive' };
const AWAY: SessionState = { name: 'away' };

/** The deadline for an answer doubles with each one that was missed, up to this many times. */
const MAX_DOUBLINGS = 3;

/** A session that lasted this long, in milliseconds, was not refused. */
const REFUSAL_MEMORY_MS = 5_000;

/** CONNECT and DISCONNECT of one namespace (Socket.IO v5, "Connection to a namespace"). */
export class Session implements WireEnd {
  /** Stands for one session, from CONNECT to its end. */
  visit: object = {};
  private state: SessionState = INACTIVE;
  private missed = 0;
  /** How many times in a row the server has refused this session or ended it. */
  private refusals = 0;
  private askedAtMs = 0;
  private joinedAtMs = 0;
  /** The link that DISCONNECT was sent on, until the server has surely read it. */
  private partedOn: object | undefined;

  constructor(
    private readonly member: Member,
    private readonly wire: Wire,
    private readonly owner: SessionOwner,
  ) {}

  get active(): boolean {
    const { state } = this;
    if (state.name === 'leaving') return state.rejoin;
    return state.name !== 'inactive' && state.name !== 'stranded';
  }

  get connected(): boolean {
    return this.state.name === 'joined';
  }

  join(): void {
    switch (this.state.name) {
      case 'leaving':
        this.enter({ name: 'leaving', rejoin: true, stop: this.deadline(() => this.unanswered()) });
        return;
      case 'inactive':
      case 'stranded':
      case 'resting':
      case 'away':
        this.enter(AWAY);
        this.wire.register(this.member.nsp, this);
        this.wire.want();
        // Opening may have joined already.
        if (this.wire.link) this.linkUp();
        return;
    }
  }

  /** Leaves the namespace; the server is told as soon as it can understand it. */
  leave(): void {
    const { state } = this;
    this.owner.givenUp(disconnected(false));
    if (state.name === 'inactive') return;
    this.refusals = 0;
    if (state.name === 'joined') this.part();
    this.enter(
      state.name === 'joining' || state.name === 'leaving'
        ? { name: 'leaving', rejoin: false, stop() {} }
        : INACTIVE,
    );
    this.wire.unwant();
    if (state.name === 'joined') this.owner.ended('io client disconnect');
  }

  linkUp(): void {
    if (this.connected) this.owner.resumed();
    if (this.state.name === 'stranded') this.enter(AWAY);
    if (this.state.name !== 'away') return;
    if (this.partedOn && this.partedOn === this.wire.link) this.settle();
    else this.ask();
  }

  linkDown(reason: string, details?: unknown): void {
    const { state } = this;
    if (state.name === 'inactive' || state.name === 'stranded') return;
    this.forgetRefusals();
    this.enter(this.active ? AWAY : INACTIVE);
    if (state.name === 'joined') this.owner.ended(reason, details);
  }

  /** The connection will not try again by itself. */
  giveUp(): void {
    if (!this.active) return;
    this.enter({ name: 'stranded' });
    this.owner.givenUp();
  }

  /** The connection comes back only when the program opens it. */
  rest(error?: Error): void {
    if (this.active) this.owner.givenUp(error);
  }

  /** A try failed, or the link is in trouble. */
  failed(error: Error): void {
    if (this.active && !this.connected) this.owner.failed(error);
  }

  receive(packet: Packet): void {
    if (packet.type === EVENT || packet.type === ACK) {
      // Events may come before the server's answer to CONNECT; nothing may come when nothing was asked for.
      if (this.connected || this.state.name === 'joining') this.owner.received(packet);
    } else {
      this.control(packet);
    }
  }

  /** Takes CONNECT, CONNECT_ERROR and DISCONNECT. */
  private control(packet: Packet): void {
    const { state } = this;
    // Whatever it says, the server answers.
    this.missed = 0;
    if (state.name === 'leaving') {
      if (packet.type !== CONNECT && packet.type !== CONNECT_ERROR) return;
      if (packet.type === CONNECT) this.part();
      this.enter(state.rejoin ? AWAY : INACTIVE);
      if (state.rejoin) this.linkUp();
      else this.wire.unwant();
    } else if (state.name === 'joining') {
      if (packet.type === CONNECT) this.accept(packet.data);
      else if (packet.type === CONNECT_ERROR) {
        const { message, data } = packet.data;
        const error = new HoldfastError('CONNECT_REJECTED', message);
        error.data = data;
        this.refuse(error);
      }
    } else if (state.name === 'joined' && packet.type === DISCONNECT) {
      this.forgetRefusals();
      const reason = 'io server disconnect';
      this.refused(new HoldfastError('CONNECT_REJECTED', reason));
      this.owner.ended(reason);
    }
  }

  private accept(data: Readonly<Record<string, unknown>> | undefined): void {
    const { sid, pid } = data ?? {};
    if (typeof sid !== 'string') {
      const error = new HoldfastError('LEGACY_SERVER', LEGACY);
      this.reject(error);
      this.owner.failed(error);
      return;
    }
    this.joinedAtMs = this.wire.clock.now();
    this.wire.measured(this.joinedAtMs - this.askedAtMs);
    this.enter({ name: 'joined' });
    this.owner.joined(sid, typeof pid === 'string' ? pid : undefined);
  }

  private ask(): void {
    const late = new HoldfastError('AUTH_FAILED', 'the auth function has not answered in time');
    const { timeoutMs, clock } = this.wire;
    const stop = timeoutMs === false ? () => {} : clock.after(timeoutMs, () => this.owner.failed(late));
    const asking: SessionState = { name: 'asking', stop };
    this.enter(asking);
    askAuth(
      this.member,
      (data) => {
        if (this.state === asking) this.sendConnect(data);
      },
      (cause) => {
        if (this.state === asking) this.refuse(authError(cause));
      },
    );
  }

  private sendConnect(auth: unknown): void {
    try {
      const own = checkAuth(auth);
      this.visit = {};
      const recovery = this.owner.begin();
      const data = recovery || own ? { ...recovery, ...own } : undefined;
      const chunks = this.wire.encode({
        type: CONNECT,
        nsp: this.member.nsp,
        data,
      });
      this.enter({ name: 'joining', stop: this.deadline(() => this.unanswered()) });
      this.askedAtMs = this.wire.clock.now();
      const oversize = this.wire.write(chunks);
      if (oversize) throw tooLarge('auth', oversize);
    } catch (error) {
      this.refuse(authError(error));
    }
  }

  /** Without an answer, the session stays as it is: the answer may come late, and a second CONNECT may not be sent. */
  private unanswered(): void {
    if (this.wire.fallBack()) return;
    const { state } = this;
    const { timeoutMs, clock } = this.wire;
    const leftMs =
      (timeoutMs || Number.POSITIVE_INFINITY) * 2 ** this.missed - (clock.now() - this.askedAtMs);
    if (leftMs > 0 && 'stop' in state) {
      // Only the deadline for trying another transport is over, and there is none.
      this.state = { ...state, stop: clock.after(leftMs, () => this.unanswered()) };
      return;
    }
    this.missed = Math.min(this.missed + 1, MAX_DOUBLINGS);
    this.owner.failed(new HoldfastError('CONNECT_TIMEOUT', 'timeout'));
    if (this.active) this.wire.unanswered();
  }

  /** The server does not want this session: it is over, unless the program's policy wants another try. */
  private refused(error: Error): void {
    const delayMs = this.owner.retryAfterMs(error, ++this.refusals);
    if (delayMs === undefined) {
      this.reject(error);
      return;
    }
    const again = (): void => {
      this.enter(AWAY);
      if (this.wire.link) this.linkUp();
    };
    this.enter({ name: 'resting', stop: this.wire.clock.after(delayMs, again) });
  }

  private refuse(error: Error): void {
    this.refused(error);
    this.owner.failed(error);
  }

  /** Let in and thrown out at once is a refusal like another; a session that lasted is not. */
  private forgetRefusals(): void {
    const lasted = this.connected && this.wire.clock.now() - this.joinedAtMs >= REFUSAL_MEMORY_MS;
    if (lasted) this.refusals = 0;
  }

  private reject(error: Error): void {
    this.enter(INACTIVE);
    this.wire.unwant();
    this.owner.givenUp(error);
  }

  private deadline(task: () => void): Cancel {
    const ms = this.wire.answerDeadlineMs;
    return ms === false ? () => {} : this.wire.clock.after(ms * 2 ** this.missed, task);
  }

  private part(): void {
    this.partedOn = this.wire.link;
    this.wire.write(this.wire.encode({ type: DISCONNECT, nsp: this.member.nsp }));
  }

  /**
   * A server may still find the namespace joined when DISCONNECT and a new CONNECT come together, and would close the whole
   * connection. An echo tells that it has read on.
   */
  private settle(): void {
    const stop = echo(this.wire, () => {
      this.partedOn = undefined;
      this.ask();
    });
    this.enter({ name: 'settling', stop });
  }

  private enter(state: SessionState): void {
    const before = this.state;
    this.state = state;
    if ('stop' in before) before.stop();
    if (state.name === 'inactive' && before.name !== 'inactive') this.wire.release(this.member.nsp);
  }
}

const authError = (cause: unknown): HoldfastError =>
  new HoldfastError('AUTH_FAILED', (cause as Error | undefined)?.message ?? String(cause), cause);
