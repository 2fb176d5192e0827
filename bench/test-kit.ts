import { io as officialIo } from 'socket.io-client';
import { root } from './environment.js';
import { quantile } from './figures.js';
import type { Scenario } from './scenario.js';

/** Measures in Node the cost of `holdfast/testing` for a test. */

/** A socket of either client. */
interface Client {
  on(event: 'connect', listener: () => void): unknown;
  emitWithAck(event: string, ...args: unknown[]): Promise<unknown>;
  disconnect(): unknown;
}

interface Bench {
  readonly server: {
    readonly transport: unknown;
    on(event: 'connection', listener: (socket: Peer) => void): unknown;
    finish(): Promise<void>;
  };
  io(): Client;
  tab(): () => Client;
}

interface Peer {
  on(event: string, listener: (text: string, done: (answer: string) => void) => void): unknown;
}

// As it is installed.
const { createTestServer } = (await import(new URL('dist/node/production/testing/index.js', root).href)) as {
  createTestServer(): Bench;
};

const TESTS = { full: 1_000, quick: 200 };

/** Runs this many tests, each with a server, a client, an event and its answer. Returns the seconds for 1,000. */
async function fresh(tests: number): Promise<number> {
  const startMs = performance.now();
  for (let i = 0; i < tests; i += 1) {
    const { server, io } = createTestServer();
    server.on('connection', (socket) => socket.on('note', (text, done) => done(text)));
    const socket = io();
    await socket.emitWithAck('note', 'a');
    socket.disconnect();
    await server.finish();
  }
  return (performance.now() - startMs) / tests;
}

/** The median of the milliseconds until a client has connected. */
async function connecting(open: (bench: Bench) => Client): Promise<number> {
  const bench = createTestServer();
  const times: number[] = [];
  for (let i = 0; i < 200; i += 1) {
    const startMs = performance.now();
    const socket = open(bench);
    await new Promise<void>((resolve) => void socket.on('connect', resolve));
    times.push(performance.now() - startMs);
    socket.disconnect();
  }
  await bench.server.finish();
  return quantile(times, 0.5);
}

const official = ({ server }: Bench): Client =>
  officialIo('http://test.server', { transports: [server.transport as never], forceNew: true });

export const testKit: readonly Scenario[] = [
  {
    name: 'testing.fresh',
    unit: 's',
    about:
      'Node: 1,000 tests of `holdfast/testing`, each with a server of its own, a client, an event and its answer (quick: 200 tests, for 1,000)',
    target: { figure: 5 },
    unsteady: 'there is nothing to divide it by',
    async run({ quick }) {
      return { holdfast: [[await fresh(quick ? TESTS.quick : TESTS.full)]] };
    },
  },
  {
    name: 'testing.connect',
    unit: 'ms',
    about: 'Node: from `io()` of another tab to `connect`, on a server of `holdfast/testing`; median of 200',
    target: { figure: 2 },
    unsteady: 'both are so short that the machine decides',
    async run({ rounds }) {
      const holdfast: number[][] = [];
      const theirs: number[][] = [];
      for (let round = 0; round < rounds; round += 1) {
        holdfast.push([await connecting(({ tab }) => tab()())]);
        theirs.push([await connecting(official)]);
      }
      return { holdfast, official: theirs };
    },
  },
];
