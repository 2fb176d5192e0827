import type { Options } from '../../src/platform/options.js';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { startServer, type TestServer } from '../support/server.js';
import { within } from '../support/waiting.js';
import type { Fault, Visit } from './catalogue.js';
import type { Report } from './client-program.js';
import type { Place, RemoteTalk, Visitor } from './environments.js';
import { Ledger } from './server-log.js';
import { story } from './summary.js';

/** One cell of the table: a fault, met by a client in some place at some visit. */

export interface Result {
  readonly report: Report;
  /** When the visit, or in mid-session the fault, began; what happened since is what the table tells. */
  readonly sinceMs: number;
  readonly usableMs: number;
  /** Numbers of the messages that arrived at the servers. */
  readonly arrived: readonly number[];
  /** Requests that the browser sent again by itself. */
  readonly repeated: number;
  /** Sockets that the servers' application was given. */
  readonly made: number;
  readonly atOnce: number;
  /** What the servers still had when the client was at rest, and after it had left. */
  readonly sessionsAtRest: number;
  readonly leftOver: number;
  readonly uncaught: readonly string[];
}

/** How often a client emits. */
export const everyMs = 80;
const quickRetries: Options = { reconnectionDelay: 100, reconnectionDelayMax: 400 };
/** A server that misses a client after 1.2 s. Where the fault does not need that, an orphan would stay for 45 s and be seen. */
const quickHeartbeat = { pingInterval: 600, pingTimeout: 600 };
/** For what has its own deadlines: a failure is to be the assertion's, not this one's. */
const patienceMs = 20_000;
/** How long a connection may take to move to its transport, after it is usable. */
const movedMs = 5_000;
/** How long the last answers may take. */
const finishMs = 8_000;
/** How long the servers may take to see that somebody is gone. */
const goneMs = 10_000;

export async function runCell(fault: Fault, place: Place, visit: Visit): Promise<Result> {
  const scene = await setScene(fault);
  try {
    return await new Cell(fault, visit, scene, await place.visitor()).run();
  } finally {
    await scene.clear();
  }
}

interface LabScene {
  readonly servers: readonly TestServer[];
  readonly proxy: FaultProxy;
  readonly ledger: Ledger;
  clear(): Promise<void>;
}

async function setScene(fault: Fault): Promise<LabScene> {
  const ledger = new Ledger();
  const servers: TestServer[] = [];
  for (let count = 0; count < (fault.servers ?? 1); count += 1) {
    const options = fault.server ?? (fault.hidden ? quickHeartbeat : {});
    servers.push(await startServer({ options, setup: (app) => ledger.watch(app) }));
  }
  const ports = servers.map(({ port }) => port);
  const box = await fault.behind?.(ports);
  const proxy = await startFaultProxy(box?.port ?? (ports[0] as number));
  return {
    servers,
    proxy,
    ledger,
    async clear() {
      await proxy.close();
      await box?.stop();
      for (const server of servers) await server.stop();
    },
  };
}

class Cell {
  constructor(
    private readonly fault: Fault,
    private readonly visit: Visit,
    private readonly scene: LabScene,
    private readonly visitor: Visitor,
  ) {}

  async run(): Promise<Result> {
    try {
      return await (this.visit === 'in mid-session' ? this.strikeOpen() : this.strikeOpening());
    } finally {
      await this.visitor.gone();
    }
  }

  private async strikeOpening(): Promise<Result> {
    const { fault, visit, scene } = this;
    const met = !fault.heal && !fault.once;
    if (visit === 'returning visit') await this.earlierVisit(met);
    if (visit === 'first visit' || !met) await fault.strike(scene, undefined);
    const talk = await this.come();
    const { messages } = await talk.report();
    // The first message was emitted as soon as there was a socket.
    const sinceMs = messages[0]?.emittedAtMs ?? Date.now();
    return this.conclude(talk, sinceMs, sinceMs);
  }

  private async strikeOpen(): Promise<Result> {
    const talk = await this.come();
    await this.usable(talk, 0, 0);
    // When a later message was acknowledged, everything that had been kept until the connection stood was so as well.
    const cameMs = Date.now();
    await this.usable(talk, cameMs, cameMs);
    const { fault, scene } = this;
    const beganMs = Date.now();
    await fault.strike(scene, talk);
    const struckMs = Date.now() + 1;
    const sinceMs = fault.fromDisconnect ? await talk.told('disconnect', beganMs) : struckMs;
    // What comes through an outage that is over may have been emitted all the time; else it must be later than the cut.
    return this.conclude(talk, sinceMs, fault.heal ? beganMs : struckMs, beganMs);
  }

  /** @param met whether the fault is there */
  private async earlierVisit(met: boolean): Promise<void> {
    if (met) await this.fault.strike(this.scene, undefined);
    const talk = await this.come();
    await this.usable(talk, 0, 0);
    await this.arrive(talk);
    await talk.finish(finishMs);
    await talk.leave();
    await this.quiet(0);
    this.scene.ledger.startAnew();
  }

  private come(): Promise<RemoteTalk> {
    const { fault, scene, visitor } = this;
    return visitor.visit({ url: scene.proxy.url, everyMs, options: { ...quickRetries, ...fault.options } });
  }

  private usable(talk: RemoteTalk, emittedMs: number, settledMs: number): Promise<number> {
    const acknowledged = talk.acknowledged(emittedMs, settledMs);
    return within(acknowledged, 'a message to come through', patienceMs).catch(async ({ message }: Error) => {
      const { entries } = await talk.report();
      throw new Error(`${message} The client has told: ${story(entries)}`);
    });
  }

  /** Lets the connection move to where it belongs. That it does not is for the assertions. */
  private async arrive(talk: RemoteTalk): Promise<void> {
    if (this.fault.endsOn) await within(talk.on(this.fault.endsOn), 'the transport', movedMs).catch(() => {});
  }

  /**
   * From the fault's beginning to the end of the visit.
   *
   * @param fromMs from when on time counts
   * @param emittedMs what was emitted from then on tells that the client is through
   * @param sinceMs when it all began
   */
  private async conclude(
    talk: RemoteTalk,
    fromMs: number,
    emittedMs: number,
    sinceMs: number = fromMs,
  ): Promise<Result> {
    const { fault, scene, visitor } = this;
    const { ledger } = scene;
    let countsFromMs = fromMs;
    if (fault.heal) {
      await within(talk.told('connect_error', sinceMs), 'the client to tell of the fault', patienceMs);
      await fault.heal(scene);
      countsFromMs = Date.now();
    }
    const usableMs = (await this.usable(talk, emittedMs, countsFromMs)) - countsFromMs;
    // And goes on: what is emitted from now on comes through as well.
    const thenMs = Date.now();
    await this.usable(talk, thenMs, thenMs);
    await this.arrive(talk);
    await talk.finish(finishMs);
    await this.quiet(1);
    const sessionsAtRest = ledger.sessions;
    const report = await talk.report();
    await talk.leave();
    await this.quiet(0);
    return {
      report,
      sinceMs,
      usableMs,
      arrived: [...ledger.arrived],
      repeated: repeatedRequests(scene.proxy),
      made: ledger.made,
      atOnce: ledger.atOnce,
      sessionsAtRest,
      leftOver: ledger.sockets + ledger.sessions,
      uncaught: visitor.uncaught,
    };
  }

  /** Lets the servers see how many are left, as long as that may take. */
  private async quiet(sessions: number): Promise<void> {
    const { ledger } = this.scene;
    await ledger.changes
      .until(
        'the servers to be quiet',
        () => ledger.sessions <= sessions && ledger.sockets <= sessions,
        goneMs,
      )
      .catch(() => {});
  }
}

/**
 * When a kept-alive connection is cut before the answer to a request has begun, a browser sends the request once more on a new one,
 * GET or POST, and tells nobody. The library numbers its polling requests: two of a number are one request.
 */
function repeatedRequests({ requests }: FaultProxy): number {
  const polling = requests
    .filter(({ kind }) => kind === 'polling')
    .map(({ method, url }) => `${method} ${url}`);
  return polling.length - new Set(polling).size;
}
