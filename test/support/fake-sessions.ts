import { afterEach, beforeEach, expect } from 'vitest';
import type { Attempt, ConnectionError } from '../../src/platform/errors.js';
import type { OpenPlan, TransportAttemptEvent, Won } from '../../src/session/negotiate.js';
import { type Outgoing, Session } from '../../src/session/session.js';
import type { SessionSetup } from '../../src/session/setup.js';
import type { Transport } from '../../src/session/transports/transport.js';
import { FakeNetwork, type FakeTransport, settled } from './fake-transports.js';
import { SimulatedClock } from './simulated-clock.js';

/** A session and its events. */
export interface OpenedSession {
  readonly session: Session;
  readonly attempts: TransportAttemptEvent[];
  readonly won: Won[];
  readonly failures: ConnectionError[];
  readonly messages: unknown[];
  readonly closed: (readonly [reason: string, details: unknown])[];
  readonly troubles: Error[];
  /** The server's heartbeats. */
  pings: number;
  /** For each change: whether the link had seemed dead. */
  readonly changes: boolean[];
  /** Called within each event of an attempt. */
  onAttempt: (event: TransportAttemptEvent) => void;
  /** Sends messages of one chunk each. */
  send(...chunks: string[]): void;
}

export interface SessionOptions {
  readonly names?: readonly string[];
  readonly plan?: Partial<OpenPlan>;
  readonly timeoutMs?: number | false;
  readonly unresponsive?: readonly Attempt[];
}

export interface FakeSessions {
  readonly clock: SimulatedClock;
  readonly network: FakeNetwork;
  /** The created transports, in order. */
  transport(index: number): FakeTransport;
  names(): string[];
  /** Begins to open a session, and lets no time pass. */
  begin(options?: SessionOptions): OpenedSession;
  /** A session whose first transport is about to open. */
  open(options?: SessionOptions): Promise<OpenedSession>;
  /** An open session over one transport. */
  opened(name?: string, handshake?: object): Promise<OpenedSession & { readonly below: FakeTransport }>;
}

/** Something that sends messages, for their `_sender`. */
export const sender: object = {};

export const message = (...chunks: (string | ArrayBuffer)[]): Outgoing => ({
  _chunks: chunks,
  _sender: sender,
});

/** Call it at the top of a test file. No test may leave a timer behind. */
export function useSessions(): FakeSessions {
  let clock: SimulatedClock;
  let network: FakeNetwork;
  let sessions: Session[];

  beforeEach(() => {
    clock = new SimulatedClock();
    network = new FakeNetwork();
    sessions = [];
  });

  afterEach(async () => {
    for (const session of sessions) session._end('forced close');
    await settled();
    // An abandoned polling transport may be waiting for the id of its session.
    clock.advance(10_000);
    expect(clock.pending).toBe(0);
  });

  const begin = ({
    names = ['websocket', 'polling'],
    plan = {},
    timeoutMs = 20_000,
    unresponsive = [],
  }: SessionOptions = {}): OpenedSession => {
    const setup: SessionSetup = {
      clock,
      timeoutMs,
      plan: {
        names,
        headStartMs: 1_000,
        candidateDeadlineMs: 10_000,
        redialAfterMs: Number.POSITIVE_INFINITY,
        _serverKey: 'http://host.test:3000/ws',
        ...plan,
      },
      unresponsive,
      create: (name, options) => new (network.transport(name))(options as never) as Transport,
      opts: { path: '/ws/', query: {}, transportOptions: {} },
      told(event) {
        made.attempts.push(event);
        made.onAttempt(event);
      },
    };
    const session = new Session(setup, {
      opened(won) {
        network.log.push('won');
        made.won.push(won);
      },
      message: (data) => made.messages.push(data),
      pinged: () => made.pings++,
      changed: (revived) => made.changes.push(revived),
      troubled: (error) => made.troubles.push(error),
      closed: (reason, details) => made.closed.push([reason, details]),
      failed: (error) => made.failures.push(error),
    });
    sessions.push(session);
    const made: OpenedSession = {
      session,
      attempts: [],
      won: [],
      failures: [],
      messages: [],
      closed: [],
      troubles: [],
      pings: 0,
      changes: [],
      onAttempt: () => {},
      send(...chunks) {
        for (const chunk of chunks) session._send(message(chunk), 0);
      },
    };
    return made;
  };

  const open = async (options?: SessionOptions): Promise<OpenedSession> => {
    const made = begin(options);
    await settled();
    return made;
  };

  return {
    get clock() {
      return clock;
    },
    get network() {
      return network;
    },
    transport: (index) => network.made[index] as FakeTransport,
    names: () => network.made.map(({ name }) => name),
    begin,
    open,
    async opened(name = 'websocket', handshake) {
      const made = await open({ names: [name] });
      network.last.shakes(handshake);
      return Object.assign(made, { below: network.last });
    },
  };
}
