import type { Options } from '../../src/platform/options.js';
import { FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { startServer, type TestServer } from '../support/server.js';
import { UdpProxy } from '../support/udp-proxy.js';
import { within } from '../support/waiting.js';
import { portForBoth, startWebTransportServer } from '../support/web-transport-server.js';
import type { Fault, Visit } from './catalogue.js';
import type { Report } from './client-program.js';
import type { ClientEnvironment, Profile, RemoteProgram } from './environments.js';
import { ServerLog } from './server-log.js';
import { summarize } from './summary.js';

/** Runs one cell of the table: a fault, encountered by a client in an environment at a kind of visit. */

export interface Result {
  readonly report: Report;
  /** When the visit, or in mid-session the fault, began; the table shows later events. */
  readonly sinceMs: number;
  readonly usableMs: number;
  /** Numbers of the messages that arrived at the servers. */
  readonly arrived: readonly number[];
  /** Requests that the browser repeated by itself. */
  readonly repeated: number;
  /** Sockets created on the servers. */
  readonly created: number;
  readonly maxConcurrent: number;
  /** The servers' sessions while the client was idle, and after it had disconnected. */
  readonly sessionsWhenIdle: number;
  readonly leftOver: number;
  readonly uncaught: readonly string[];
}

/** How often a client emits. */
export const everyMs = 80;
const quickRetries: Options = { reconnectionDelay: 100, reconnectionDelayMax: 400 };
/** Detects a lost client after 1.2 s. Used only for faults that need it: otherwise an orphaned socket stays for 45 s and is noticed. */
const quickHeartbeat = { pingInterval: 600, pingTimeout: 600 };
/** Generous, so that an assertion fails rather than this limit. */
const patienceMs = 20_000;
/** How long a usable connection may take to reach its final transport: the first probe comes 15 s after a failure of WebSocket. */
const upgradeMs = 25_000;
/** How long the last answers may take. */
const finishMs = 8_000;
/** How long the servers may take to notice that the client is gone. */
const goneMs = 10_000;

export async function runCell(fault: Fault, environment: ClientEnvironment, visit: Visit): Promise<Result> {
  const fixture = await startFixture(fault);
  try {
    return await new Cell(fault, visit, fixture, await environment.newProfile()).run();
  } finally {
    await fixture.close();
  }
}

interface CellFixture {
  readonly servers: readonly TestServer[];
  readonly proxy: FaultProxy;
  readonly udp?: UdpProxy;
  /** Options with which the client reaches this server. */
  readonly options?: Options;
  readonly log: ServerLog;
  close(): Promise<void>;
}

async function startFixture(fault: Fault): Promise<CellFixture> {
  const log = new ServerLog();
  if (fault.overHttp3) return startOverHttp3(fault, log);
  const servers: TestServer[] = [];
  for (let count = 0; count < (fault.servers ?? 1); count += 1) {
    const options = fault.server ?? (fault.hidden ? quickHeartbeat : {});
    servers.push(await startServer({ options, setup: (app) => log.attach(app) }));
  }
  const ports = servers.map(({ port }) => port);
  const box = await fault.behind?.(ports);
  const proxy = await startFaultProxy(box?.port ?? (ports[0] as number));
  return {
    servers,
    proxy,
    log,
    async close() {
      await proxy.close();
      await box?.stop();
      for (const server of servers) await server.stop();
    },
  };
}

/** One server in another process, reached over TCP and UDP on the same port number. */
async function startOverHttp3(fault: Fault, log: ServerLog): Promise<CellFixture> {
  const options = fault.server ?? (fault.hidden ? quickHeartbeat : {});
  const server = await startWebTransportServer({ options });
  server.onEvent = (event) => log.take(event);
  const port = await portForBoth();
  const udp = await UdpProxy.start(server.port, port);
  const proxy = new FaultProxy(server.port, port);
  await proxy.up();
  const value = new Uint8Array(Buffer.from(server.certificate.hash, 'base64'));
  return {
    servers: [],
    proxy,
    udp,
    log,
    options: {
      transportOptions: { webtransport: { serverCertificateHashes: [{ algorithm: 'sha-256', value }] } },
    },
    async close() {
      udp.close();
      await proxy.close();
      await server.kill();
    },
  };
}

class Cell {
  constructor(
    private readonly fault: Fault,
    private readonly visit: Visit,
    private readonly fixture: CellFixture,
    private readonly profile: Profile,
  ) {}

  async run(): Promise<Result> {
    try {
      return await (this.visit === 'in mid-session' ? this.breakOpenConnection() : this.breakOpening());
    } finally {
      await this.profile.close();
    }
  }

  private async breakOpening(): Promise<Result> {
    const { fault, visit, fixture } = this;
    const lasting = !fault.heal && !fault.once;
    if (visit === 'returning visit') await this.earlierVisit(lasting);
    if (visit === 'first visit' || !lasting) await fault.inject(fixture, undefined);
    const program = await this.start();
    const { messages } = await program.report();
    // The first message was emitted as soon as the socket existed.
    const sinceMs = messages[0]?.emittedAtMs ?? Date.now();
    return this.conclude(program, sinceMs, sinceMs);
  }

  private async breakOpenConnection(): Promise<Result> {
    const program = await this.start();
    await this.untilUsable(program, 0, 0);
    // Once a later message is acknowledged, all messages kept before connecting are acknowledged, too.
    const connectedMs = Date.now();
    await this.untilUsable(program, connectedMs, connectedMs);
    const { fault, fixture } = this;
    const beganMs = Date.now();
    await fault.inject(fixture, program);
    const injectedMs = Date.now() + 1;
    const sinceMs = fault.fromDisconnect ? await program.untilLogged('disconnect', beganMs) : injectedMs;
    // After an outage, a message emitted during it may come through; otherwise it must be emitted after the cut.
    return this.conclude(program, sinceMs, fault.heal ? beganMs : injectedMs, beganMs);
  }

  /** @param withFault whether the earlier visit encounters the fault */
  private async earlierVisit(withFault: boolean): Promise<void> {
    if (withFault) await this.fault.inject(this.fixture, undefined);
    const program = await this.start();
    await this.untilUsable(program, 0, 0);
    await this.untilFinalTransport(program);
    await program.finish(finishMs);
    await program.disconnect();
    await this.untilSessions(0);
    this.fixture.log.reset();
  }

  private start(): Promise<RemoteProgram> {
    const { fault, fixture, profile, visit } = this;
    const list: Options | undefined = fault.overHttp3 && {
      transports: ['webtransport', 'websocket', 'polling'],
    };
    // On a busy machine, another transport may be ahead of WebTransport, and the fault would have no effect.
    const first: Options | undefined =
      fault.overHttp3 && visit === 'in mid-session' ? { transports: ['webtransport'] } : list;
    return profile.start({
      url: fixture.proxy.url,
      everyMs,
      options: { ...quickRetries, ...fixture.options, ...first, ...fault.options },
      onceConnected: list,
    });
  }

  private untilUsable(program: RemoteProgram, emittedMs: number, settledMs: number): Promise<number> {
    const acknowledged = program.untilAcknowledged(emittedMs, settledMs);
    return within(acknowledged, 'a message to come through', patienceMs).catch(async ({ message }: Error) => {
      const { entries } = await program.report();
      throw new Error(`${message} The client's log: ${summarize(entries)}`);
    });
  }

  /** Waits for the expected transport; the assertions fail if it is not reached. */
  private async untilFinalTransport(program: RemoteProgram): Promise<void> {
    const { endsOn } = this.fault;
    if (endsOn) await within(program.untilTransport(endsOn), 'the transport', upgradeMs).catch(() => {});
  }

  /**
   * Runs from the fault's beginning to the end of the visit.
   *
   * @param fromMs the start of the measured time
   * @param emittedMs a message emitted since then proves that the client is usable
   * @param sinceMs the start of the visit or the fault
   */
  private async conclude(
    program: RemoteProgram,
    fromMs: number,
    emittedMs: number,
    sinceMs: number = fromMs,
  ): Promise<Result> {
    const { fault, fixture, profile } = this;
    const { log } = fixture;
    let countsFromMs = fromMs;
    if (fault.heal) {
      await within(
        program.untilLogged('connect_error', sinceMs),
        'the client to report the fault',
        patienceMs,
      );
      await fault.heal(fixture);
      countsFromMs = Date.now();
    }
    const usableMs = (await this.untilUsable(program, emittedMs, countsFromMs)) - countsFromMs;
    // Messages emitted from now on must come through, too.
    const nowMs = Date.now();
    await this.untilUsable(program, nowMs, nowMs);
    await this.untilFinalTransport(program);
    await program.finish(finishMs);
    await this.untilSessions(1);
    const sessionsWhenIdle = log.sessions;
    const report = await program.report();
    await program.disconnect();
    await this.untilSessions(0);
    return {
      report,
      sinceMs,
      usableMs,
      arrived: [...log.arrived],
      repeated: repeatedRequests(fixture.proxy),
      created: log.created,
      maxConcurrent: log.maxConcurrent,
      sessionsWhenIdle,
      leftOver: log.sockets + log.sessions,
      uncaught: profile.uncaught,
    };
  }

  /** Waits until the servers have this many sessions, or the time is up: a client may just be reconnecting. */
  private async untilSessions(count: number): Promise<void> {
    const { log } = this.fixture;
    await log.changes
      .until(
        `${count} sessions on the servers`,
        () => log.sessions === count && log.sockets === count,
        goneMs,
      )
      .catch(() => {});
  }
}

/**
 * If a kept-alive connection is cut before the response to a request has begun, a browser silently repeats the request, GET or
 * POST, on a new connection. The library numbers its polling requests, so two requests with the same number are a repetition.
 */
function repeatedRequests({ requests }: FaultProxy): number {
  const polling = requests
    .filter(({ kind }) => kind === 'polling')
    .map(({ method, url }) => `${method} ${url}`);
  return polling.length - new Set(polling).size;
}
