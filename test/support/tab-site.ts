import { Manager } from '../../src/io.js';
import type { Options } from '../../src/platform/options.js';
import { tabs } from '../../src/plugins/tabs/index.js';
import type { Socket } from '../../src/socket/socket.js';
import type { Application, Payload } from '../model/application.js';
import { type Frame, Network } from '../model/network.js';
import { ModelServer } from '../model/server.js';
import type { Time } from '../model/time.js';
import { transportsOver } from '../model/transports.js';
import { FakeBrowser, type FakeTab } from './fake-tabs.js';

/** A site with several tabs, and its server, in simulated time. */

export interface OpenTab {
  readonly tab: FakeTab;
  readonly network: Network;
  readonly manager: Manager;
  readonly socket: Socket;
  /** The events of its socket. */
  readonly log: unknown[][];
}

export class TabSite {
  readonly browser: FakeBrowser = new FakeBrowser();
  readonly server: ModelServer;
  readonly delivered: Payload[] = [];
  readonly answers: unknown[] = [];
  readonly complaints: string[] = [];
  admits = true;
  readonly #handed: (tab: FakeTab, frame: Frame) => void;

  constructor(
    application: Partial<Application> = {},
    handed: (tab: FakeTab, frame: Frame) => void = () => {},
  ) {
    this.#handed = handed;
    this.server = new ModelServer(this.browser.world, {
      admits: () => this.admits,
      delivered: (_nsp, payload) => void this.delivered.push(payload),
      replied: () => {},
      answered: (news) => void this.answers.push(news),
      complain: (what) => void this.complaints.push(what),
      ...application,
    });
  }

  open(options: Options = {}, nsp = '/', visible = true): OpenTab {
    const tab = this.browser.open({ visible });
    const time = { world: this.browser.world, toPage: (task: () => void) => tab.take(task) };
    const network = new Network(time as unknown as Time, this.server, (frame) => this.#handed(tab, frame));
    const manager = new Manager(
      'http://host.test',
      {
        transports: [transportsOver(network).websocket],
        randomizationFactor: 0,
        plugins: [tabs()],
        ...options,
      } as Options,
      tab,
    );
    const socket = manager.socket(nsp, options) as unknown as Socket;
    const log: unknown[][] = [];
    for (const event of ['connect', 'disconnect', 'connect_error', 'gap', 'news', 'dropped'])
      socket.on(event as never, ((...args: unknown[]) => log.push([event, ...args])) as never);
    return { tab, network, manager: manager as Manager, socket, log };
  }

  /** A tab ends silently: its connections are reset. */
  crash({ tab, network }: OpenTab): void {
    network.cut({ up: true, down: false, page: false, server: true });
    tab.crash();
  }

  get sessions(): number {
    return this.server.rooms.length;
  }
}
