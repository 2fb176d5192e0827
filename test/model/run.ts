import { Manager } from '../../src/io.js';
import type { Socket } from '../../src/socket/socket.js';
import type { Application } from './application.js';
import { EmitLog } from './emit-log.js';
import { type Frame, Network } from './network.js';
import { NAMESPACES, type Op, type Setting } from './ops.js';
import { Program } from './program.js';
import { HEARTBEAT, ModelServer } from './server.js';
import { Time } from './time.js';
import { transportsOver } from './transports.js';

/** Adds a fault to a client before the run, which the model must find. */
export type Sabotage = (sockets: readonly Socket[], manager: Manager) => void;

/** How long the client may take to settle once everything works, and to end after it was disconnected. */
const REST_MS = 300_000;
const GONE_MS = 30_000;
const SURE_MS = HEARTBEAT.pingInterval + HEARTBEAT.pingTimeout + 2_000;

/** One run: a client, its server, and the network between them. */
export class Run {
  readonly emitLog: EmitLog = new EmitLog();
  readonly time: Time = new Time();
  readonly network: Network;
  readonly server: ModelServer;
  readonly manager: Manager;
  readonly program: Program;
  /** How often a session has moved to another transport. */
  moves = 0;
  #admitting = true;
  #news = 0;
  #before: string | undefined;
  /** The event whose attachment was not handed over yet. */
  #half: number | undefined;

  constructor(setting: Setting, sabotage?: Sabotage) {
    const { emitLog, time } = this;
    const application: Application = {
      admits: () => this.#admitting,
      delivered: (nsp, payload) => emitLog.delivered(nsp, payload),
      replied: ({ id }) => {
        const one = emitLog.all[id];
        if (one) one.replied += 1;
      },
      answered: () => {},
      complain: (what) => emitLog.complain(`the server was told ${what}`),
    };
    this.server = new ModelServer(time.world, application);
    this.network = new Network(time, this.server, (frame) => this.#handed(frame));
    this.network.up.latencyMs = setting.upMs;
    const classes = transportsOver(this.network);
    this.manager = new Manager(
      'http://host.test',
      {
        ...setting.manager,
        transports: setting.transports.map(
          (name) => classes[name === 'polling' && setting.xhr ? 'xhr' : name],
        ),
        autoConnect: false,
      },
      time.page,
    );
    const sockets = NAMESPACES.map((nsp, index) => this.manager.socket(nsp, setting.sockets[index]));
    this.program = new Program(emitLog, sockets, setting);
    this.manager.on('status', () => {
      const { transport } = this.manager;
      if (transport === 'websocket' && this.#before === 'polling') this.moves += 1;
      this.#before = transport;
    });
    sabotage?.(sockets, this.manager);
  }

  async do(op: Op): Promise<void> {
    const { program, network, time } = this;
    switch (op.do) {
      case 'emit':
        for (const emit of op.emits) program.emit(emit);
        break;
      case 'abort':
      case 'leave':
      case 'join':
      case 'clear':
        program[op.do](op.which);
        break;
      case 'leave all':
        program.leaveAll();
        break;
      case 'join all':
        program.joinAll();
        break;
      case 'kick': {
        for (const room of this.server.rooms) room.kick(NAMESPACES[op.which] as string);
        break;
      }
      case 'news':
        for (const room of this.server.rooms) room.tell(NAMESPACES[op.which] as string, this.#news++);
        break;
      case 'pass':
        await time.pass(op.ms);
        break;
      case 'sleep':
        await time.sleep(op.ms, op.ticking, op.mailFirst);
        break;
      case 'latency':
        network.change({ latencyMs: op.up }, { latencyMs: op.down });
        break;
      case 'stall':
        network.change({ stalled: op.up }, { stalled: op.down });
        break;
      case 'cut':
        network.cut(op.how);
        break;
      case 'refuse':
        network.refusing = op.refusing;
        break;
      case 'admit':
        this.#admitting = op.admitting;
        break;
      case 'signal':
        time.page.signals.tell(op.signal);
        break;
      case 'restart':
        this.server.restart();
        break;
    }
    await time.settle();
    program.checkBounds();
  }

  /** Ends all faults, and checks that all guarantees are kept and nothing is left. */
  async end(): Promise<void> {
    const { program, network, time, emitLog } = this;
    network.refusing = false;
    this.#admitting = true;
    network.change({ latencyMs: 1, stalled: false }, { latencyMs: 1, stalled: false });
    time.page.signals.tell('online');
    // A silently dead connection seems idle until its heartbeat is missed.
    for (let waitedMs = 0, restedMs = 0; restedMs < SURE_MS; waitedMs += 1_000) {
      if (waitedMs > REST_MS) throw new Error(`does not come to rest: ${program.state}`);
      program.joinAll();
      await time.pass(1_000);
      restedMs = program.rests ? restedMs + 1_000 : 0;
    }
    emitLog.checkAtRest();
    program.over = true;
    program.leaveAll();
    await time.pass(GONE_MS);
    program.clearAll();
    await time.settle();
    emitLog.checkOver();
    program.checkEmpty();
    const timers = time.page.clock.pending;
    if (timers > 0) emitLog.complain(`${timers} timers are left: ${time.page.clock.waits.join(', ')}`);
  }

  /** Messages are handed over in parts: the last part counts. */
  #handed(frame: Frame): void {
    const text = typeof frame === 'string' ? frame : undefined;
    if (text === undefined) {
      if (this.#half !== undefined) this.emitLog.handed(this.#half);
      this.#half = undefined;
      return;
    }
    if (text.startsWith('4')) this.#half = undefined;
    const id = /^4[25].*?\["e",\{"id":(\d+)/.exec(text)?.[1];
    if (id === undefined) return;
    if (text.startsWith('45')) this.#half = Number(id);
    else this.emitLog.handed(Number(id));
  }
}
