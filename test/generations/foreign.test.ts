import { describe, type TestContext, test } from 'vitest';
import { PROBE_WITH_FRAGMENT } from '../../src/plugins/legacy/codec.js';
import type { Socket } from '../../src/socket/socket.js';
import { freePort } from '../support/ports.js';
import { type AnyApp, setUp } from './application.js';
import { Fixture } from './fixture.js';
import { type Exchange, type Habits, makeForeign } from './foreign.js';
import { LocalEnvironment } from './local-environment.js';
import { type Transport, transports } from './names.js';
import { load, serve } from './start-server.js';

/**
 * Servers of the current protocol with habits of their own: none of them is taken for an old one, and with `legacy()` the client
 * connects as it does to socket.io 4.8.4. What it sends is counted, and what it waits for.
 */

const patienceMs = 15_000;

/** Longer than connecting takes, even on a busy machine. */
const lateMs = 3_500;

const LEAVES = `> 1${PROBE_WITH_FRAGMENT},`;

const official: Habits = { maxPayload: true, refusal: 'object' };

interface Foreign extends Habits {
  /** Whether it accepts every namespace. */
  readonly everyName?: boolean;
  /** The program's own. */
  readonly auth?: (() => Promise<object>) | undefined;
  /** How many messages of the server the client waits for over WebSocket, in addition to those of 4.8.4. */
  readonly waits: 0 | 1;
}

const foreign: Readonly<Record<string, Foreign>> = {
  'that answers an unknown namespace with a bare string': { waits: 1 },
  'that answers an unknown namespace with an object': { waits: 1, refusal: 'object' },
  'that never answers a name with `?` in it': { waits: 1, answers: (nsp) => !nsp.includes('?') },
  'that never answers a name with `#` in it': { waits: 0, answers: (nsp) => !nsp.includes('#') },
  'that never answers an unknown namespace': { waits: 0, answers: () => false },
  'that answers an unknown namespace late': { waits: 0, answers: () => lateMs },
  'that accepts every name': { waits: 1, everyName: true },
  'that accepts every name late': { waits: 0, everyName: true, answers: () => lateMs },
  'that sends an event before CONNECT comes': { waits: 1, beforeConnect: ['2["early",1]'] },
  'that sends an event before CONNECT comes, which waits for `auth`,': {
    waits: 1,
    beforeConnect: ['2["early",1]'],
    auth: () => new Promise((resolve) => setTimeout(resolve, 50, { token: 'x' })),
  },
  'that sends an event before it answers CONNECT': { waits: 1, beforeAnswer: ['2["early",1]'] },
  'that sends events before both, and answers no unknown namespace': {
    waits: 0,
    answers: () => false,
    beforeConnect: ['2["early",1]', '2["early",2]'],
    beforeAnswer: ['2["early",3]'],
  },
};

interface Opened {
  readonly fixture: Fixture;
  readonly socket: Socket;
  /** The client's messages before the server accepted it. */
  readonly sent: string[];
  /** How often it had waited for an answer before it sent more. */
  readonly waits: number;
  /** How many requests with messages it had made. */
  readonly posts: number;
  readonly exchange: Exchange;
  readonly early: number[];
  /** The namespaces that have a socket, on the server. */
  joined(): string[];
}

interface Namespaces {
  readonly _nsps: ReadonlyMap<string, { readonly sockets: ReadonlyMap<string, unknown> }>;
}

async function open(
  transport: Transport,
  { everyName, auth = async () => ({}), ...habits }: Omit<Foreign, 'waits'>,
  onTestFinished: TestContext['onTestFinished'],
): Promise<Opened> {
  let exchanges: readonly Exchange[] = [];
  let namespaces: Namespaces | undefined;
  const running = await serve(await freePort(), (http) => {
    const app: AnyApp = load('4.8.4')(http, { serveClient: false });
    exchanges = makeForeign(app, habits);
    setUp(app, false);
    if (everyName) app.of(/^\/./ as never);
    namespaces = app as unknown as Namespaces;
    return app;
  });
  const withSettings = (): Promise<never> => Promise.reject(new Error('This test has only one server.'));
  const environment = await LocalEnvironment.open({ name: 'foreign', running, withSettings });
  const fixture = new Fixture(environment, transport, patienceMs);
  onTestFinished(async () => {
    await fixture.close();
    await running.kill();
  });

  const socket = fixture.io('/', { auth });
  const early: number[] = [];
  socket.on('early', (n: number) => early.push(n));
  await fixture.next(socket, 'connect');
  const [exchange = []] = exchanges;
  const before = exchange.slice(
    0,
    exchange.findIndex((line) => line.startsWith('< 0{')),
  );
  return {
    fixture,
    socket,
    sent: before.filter((line) => line.startsWith('>')),
    waits: before.filter((line, i) => line.startsWith('>') && /^< [04]/.test(before[i - 1] ?? '')).length,
    posts: (await fixture.network.traffic()).requests.filter(({ method }) => method === 'POST').length,
    exchange,
    early,
    joined: () =>
      [...(namespaces?._nsps ?? [])].filter(([, { sockets }]) => sockets.size > 0).map(([name]) => name),
  };
}

describe.concurrent.each(transports)('over %s', (transport) => {
  for (const [name, { waits, ...habits }] of Object.entries(foreign)) {
    test.concurrent(`connects to a server ${name} as it does to socket.io 4.8.4`, async ({
      onTestFinished,
      expect,
    }) => {
      const { beforeConnect = [], beforeAnswer = [], everyName } = habits;
      const plain = await open(
        transport,
        { ...official, beforeConnect, beforeAnswer, auth: habits.auth },
        onTestFinished,
      );
      const met = await open(transport, habits, onTestFinished);
      const { fixture, socket, early, exchange } = met;
      const overWebSocket = transport === 'websocket';
      // Over long-polling, the form of the handshake shows the version. Over WebSocket, only a probe does.
      const question = overWebSocket ? [`> 0${PROBE_WITH_FRAGMENT},`] : [];
      expect(met.sent.filter((line) => line !== LEAVES)).toEqual([...question, ...plain.sent]);
      expect(met.waits - plain.waits).toBeLessThanOrEqual(overWebSocket ? waits : 0);
      // How many polls there are depends on what the server has to say when one comes.
      if (!overWebSocket) expect(met.posts).toBe(plain.posts);

      expect(socket.io._connection._known.legacy).toBeFalsy();
      expect(await fixture.ask(socket, 'kinds', new Uint8Array([4, 1]))).toEqual(['binary 0401']);
      const { created, connected } = await fixture.record(socket);
      expect([created, connected]).toEqual([{ '/': [socket.id] }, { '/': 1 }]);
      expect(early).toEqual([...beforeConnect, ...beforeAnswer].map((_, i) => i + 1));

      if (everyName && overWebSocket) {
        await expect.poll(() => exchange.includes(LEAVES), { timeout: patienceMs }).toBe(true);
      }
      expect(met.joined()).toEqual(['/']);
      expect(socket.connected).toBe(true);
    });
  }
});
