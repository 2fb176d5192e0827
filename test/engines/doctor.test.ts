import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type Socket as NetSocket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { DiagnoseOptions, Finding } from '../../src/plugins/doctor.js';
import { start as startOld } from '../generations/start-server.js';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { freePort, host, listen } from '../support/ports.js';
import { startServer, type TestServerOptions } from '../support/server.js';
import type { Driver } from './drivers/driver.js';
import { engines } from './engines.js';

/** The doctor's findings for real servers and proxies in each state that it knows, in three engines. */

type Wrong = readonly (readonly [check: Finding['check'], text: RegExp])[];

interface State {
  readonly what: string;
  readonly url: string;
  readonly options?: DiagnoseOptions;
  /** The Content Security Policy of the page: its `connect-src`. */
  readonly policy?: string;
  /** Its negative findings: the check, and a part of its sentences. */
  readonly wrong: Wrong;
  /** The same in WebKit, if it differs. */
  readonly wrongInWebKit?: Wrong;
  /** Whether the page can still connect. */
  readonly ok: boolean;
}

const stops: (() => unknown)[] = [];
const states: State[] = [];
let origin = '';

async function server(
  options: TestServerOptions['options'] = { cors: { origin: '*' } },
  setup: TestServerOptions['setup'] = () => {},
): Promise<{ url: string; port: number }> {
  const started = await startServer({ options, setup });
  stops.push(() => started.stop());
  return started;
}

/** An HTTP server without Socket.IO. */
async function website(answer: RequestListener): Promise<string> {
  const port = await freePort();
  const server = createServer(answer);
  await listen(server, port);
  stops.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://${host}:${port}`;
}

async function behindProxy(fault: (proxy: FaultProxy) => void): Promise<string> {
  const { port } = await server();
  const proxy = await startFaultProxy(port);
  fault(proxy);
  stops.push(() => proxy.close());
  return proxy.url;
}

/** Accepts connections, and never sends anything. */
async function silence(): Promise<string> {
  const port = await freePort();
  const connections = new Set<NetSocket>();
  const server = createTcpServer((connection) => {
    connections.add(connection.on('error', () => {}));
  });
  await listen(server as never, port);
  stops.push(() => {
    server.close();
    for (const connection of connections) connection.destroy();
  });
  return `http://${host}:${port}`;
}

const open = { 'Access-Control-Allow-Origin': '*' };

beforeAll(async () => {
  const bundle = await build({
    stdin: {
      contents: "export { diagnose } from './dist/browser/production/plugins/doctor.js';",
      resolveDir: fileURLToPath(new URL('../../', import.meta.url)),
    },
    bundle: true,
    format: 'iife',
    globalName: 'doctor',
    write: false,
  });
  const script = bundle.outputFiles[0]?.text ?? '';
  origin = await website((request, response) => {
    const { pathname, searchParams } = new URL(`${request.url}`, 'http://page');
    const policy = searchParams.get('policy');
    if (policy) response.setHeader('Content-Security-Policy', `connect-src ${policy}`);
    if (pathname === '/')
      response.end('<!doctype html><title>page</title><script src="/doctor.js"></script>');
    else if (pathname === '/doctor.js') response.setHeader('Content-Type', 'text/javascript').end(script);
    else response.writeHead(404).end();
  });

  const healthy = await server();
  const elsewhere = { cors: { origin: 'http://other.example' } };
  const closed = await server(elsewhere);
  const refusing = await server({ ...elsewhere, allowRequest: (_, decide) => decide('origin', false) });
  const strict = await server(undefined, (io) => void io.use((_socket, next) => next(new Error('not you'))));
  const stuck = await server(undefined, (io) => void io.use(() => {}));
  const alone = await server({ cors: { origin: '*' }, transports: ['websocket'] });
  const old = await startOld('2.5.1');
  stops.push(() => old.kill());
  states.push(
    { what: 'all is well', url: healthy.url, wrong: [], ok: true },
    {
      what: 'a namespace and auth',
      url: `${healthy.url}/`,
      options: { auth: { token: 'x' } },
      wrong: [],
      ok: true,
    },
    {
      what: 'the address is none',
      url: 'ftp://server.test',
      wrong: [['address', /not an address/]],
      ok: false,
    },
    {
      what: 'the server is down',
      url: `http://${host}:${await freePort()}`,
      wrong: [
        ['server', /no server answers at/],
        ['websocket', /no WebSocket can be opened/],
        ['polling', /long-polling cannot be used/],
      ],
      ok: false,
    },
    {
      what: 'https, and the server speaks http',
      url: healthy.url.replace('http:', 'https:'),
      wrong: [
        ['server', /uses http, but the address says https/],
        ['websocket', /./],
        ['polling', /./],
      ],
      ok: false,
    },
    {
      what: 'CORS is missing, and WebSocket works',
      url: closed.url,
      wrong: [['polling', /does not let this page \(http:\/\/127.*\) read the response \(CORS\)/]],
      ok: true,
    },
    {
      what: 'CORS is missing, and WebSocket is refused',
      url: refusing.url,
      wrong: [
        ['server', /probably there is no Socket\.IO at .*: no WebSocket can be opened either/],
        ['websocket', /follows from the above/],
        ['polling', /follows from the above/],
      ],
      ok: false,
    },
    {
      what: 'the path is wrong, on the origin of the page',
      url: origin,
      wrong: [
        ['server', /there is no Socket\.IO at .* \(status 404\)/],
        ['websocket', /./],
        ['polling', /./],
      ],
      ok: false,
    },
    {
      what: 'the path is in the address',
      url: `${healthy.url}/socket.io/`,
      wrong: [
        ['address', /looks like the path/],
        ['namespace', /refuses \/socket\.io\/: "Invalid namespace"/],
      ],
      ok: false,
    },
    {
      what: 'the page of a development server',
      url: await website((_request, response) => response.writeHead(200, open).end('<!doctype html>')),
      wrong: [
        ['server', /there is no Socket\.IO at .* \(status 200\)/],
        ['websocket', /./],
        ['polling', /./],
      ],
      ok: false,
    },
    {
      what: 'a proxy whose server is down',
      url: await website((_request, response) => response.writeHead(502, open).end('Bad Gateway')),
      wrong: [
        ['server', /status 502: the server behind it is down/],
        ['websocket', /./],
        ['polling', /./],
      ],
      ok: false,
    },
    {
      what: 'nothing is ever answered',
      url: await silence(),
      wrong: [
        ['server', /gets no answer/],
        ['websocket', /./],
        ['polling', /./],
      ],
      ok: false,
    },
    {
      what: 'a proxy refuses upgrades',
      url: await behindProxy((proxy) => void proxy.refuseUpgrades({ status: 403 })),
      wrong: [['websocket', /a WebSocket is refused/]],
      ok: true,
    },
    {
      what: 'a proxy refuses upgrades, and the page uses nothing else',
      url: await behindProxy((proxy) => void proxy.refuseUpgrades({ status: 403 })),
      options: { transports: ['websocket'] },
      wrong: [['websocket', /a WebSocket is refused/]],
      ok: false,
    },
    {
      what: 'CORS is missing, and the page uses only long-polling',
      url: closed.url,
      options: { transports: ['polling'] },
      wrong: [['polling', /does not let this page .* read the response \(CORS\)/]],
      ok: false,
    },
    {
      what: 'the path is wrong, on another origin, whose answers have no CORS headers',
      url: await website((_request, response) => response.writeHead(404).end()),
      wrong: [
        ['server', /probably there is no Socket\.IO at \/socket\.io/],
        ['websocket', /follows from the above/],
        ['polling', /follows from the above/],
      ],
      ok: false,
    },
    {
      what: 'no address, on a page whose own server is none of Socket.IO',
      url: '',
      wrong: [
        ['server', /^diagnose\(\) was called without an address/],
        ['websocket', /./],
        ['polling', /./],
      ],
      ok: false,
    },
    {
      what: 'a proxy swallows upgrades',
      url: await behindProxy((proxy) => void proxy.swallowUpgrades()),
      wrong: [['websocket', /something swallows it/]],
      ok: true,
    },
    {
      what: 'a proxy opens WebSockets, and nothing comes through',
      url: await behindProxy((proxy) => void proxy.silenceUpgrades()),
      wrong: [['websocket', /opens, but nothing comes through/]],
      ok: true,
    },
    {
      what: 'a middleware refuses',
      url: strict.url,
      wrong: [['namespace', /the server refuses \/: "not you"/]],
      ok: false,
    },
    {
      what: 'a middleware never answers',
      url: stuck.url,
      wrong: [['namespace', /does not answer CONNECT to \//]],
      ok: false,
    },
    {
      what: 'a server of Socket.IO 2',
      url: `http://${host}:${old.port}`,
      wrong: [
        ['polling', /an older protocol/],
        ['namespace', /the protocol of Socket\.IO 1 or 2/],
      ],
      ok: false,
    },
    {
      what: 'a server without long-polling',
      url: alone.url,
      wrong: [['polling', /does not offer long-polling/]],
      ok: true,
    },
    {
      what: 'the policy of the page allows nothing',
      url: healthy.url,
      policy: "'none'",
      wrong: [
        ['server', /the Content Security Policy of this page does not allow connections to/],
        ['websocket', /follows from the above/],
        ['polling', /follows from the above/],
      ],
      ok: false,
    },
    {
      what: 'the policy of the page allows requests, and no WebSocket',
      url: healthy.url,
      policy: healthy.url,
      wrong: [['websocket', /the Content Security Policy of this page does not allow a WebSocket to/]],
      ok: true,
    },
    {
      what: 'the policy of the page allows WebSocket, and no requests',
      url: healthy.url,
      policy: healthy.url.replace('http', 'ws'),
      wrong: [['polling', /the Content Security Policy of this page does not allow long-polling to/]],
      // There, ws in a policy also stands for http, as the specification says.
      wrongInWebKit: [],
      ok: true,
    },
    {
      what: 'cookies for a server that takes none',
      url: healthy.url,
      options: { withCredentials: true },
      wrong: [
        ['polling', /read the response to a request with cookies \(CORS\)/],
        ['cookies', /does not accept cookies from this page: this follows/],
      ],
      ok: true,
    },
  );
});

afterAll(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Outcome {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  readonly text: string;
}

test.concurrent.each(engines)(
  'in $name, the doctor names what is wrong and what to change',
  async ({ name, start }) => {
    if (!start) {
      // In CI, a missing engine is a failure.
      if (process.env.CI) throw new Error(`${name} was not found and could not be installed`);
      return;
    }
    const driver = await start();
    try {
      const seen: Outcome[] = [];
      for (const policy of new Set(states.map((state) => state.policy)))
        for (const [i, outcome] of Object.entries(await diagnosed(driver, policy))) seen[Number(i)] = outcome;
      for (const [i, { what, ok, ...state }] of states.entries()) {
        const wrong = (name === 'WebKit' && state.wrongInWebKit) || state.wrong;
        const { findings = [], text = '', ...outcome } = seen[i] ?? ({} as Outcome);
        const bad = findings.filter((finding) => !finding.ok);
        expect({ what, text, checks: bad.map(({ check }) => check), ok: outcome.ok }).toEqual({
          what,
          text,
          checks: wrong.map(([check]) => check),
          ok,
        });
        for (const [j, [, sentence]] of wrong.entries()) expect(bad[j]?.text, what).toMatch(sentence);
        expect(text.split('\n')[0], what).toMatch(/^[✔✘] /);
      }
    } finally {
      await driver.close();
    }
  },
);

/** What the doctor says in a page with this policy, by the index of the state. */
async function diagnosed(driver: Driver, policy = ''): Promise<Record<string, Outcome>> {
  await driver.open(`${origin}/${policy && `?policy=${encodeURIComponent(policy)}`}`);
  const asked = states
    .map(({ url, options, policy: of = '' }, i) => ({
      i,
      of,
      url,
      options: { deadlineMs: 3_000, ...options },
    }))
    .filter(({ of }) => of === policy);
  // One after another: a browser delays a WebSocket while it opens another one to the same address.
  const work = `(async () => {
    const outcomes = {};
    for (const { i, url, options } of ${JSON.stringify(asked)}) {
      const diagnosis = await doctor.diagnose(url, options);
      outcomes[i] = { ...diagnosis, text: String(diagnosis) };
    }
    return outcomes;
  })()`;
  await driver.evaluate(
    `void ${work}.then((outcomes) => { window.outcomes = outcomes; }, (error) => { window.outcomes = String(error.stack); })`,
  );
  const outcomes = await vi.waitUntil(() => driver.evaluate('window.outcomes ?? null'), {
    timeout: 120_000,
    interval: 200,
  });
  if (typeof outcomes !== 'object') throw new Error(`${outcomes}`);
  return outcomes as Record<string, Outcome>;
}
