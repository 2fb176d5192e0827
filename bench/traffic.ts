import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CDPSession, Page } from 'playwright';
import type {} from '../test/support/page-tools.js';
import type { Client, Fixture } from './fixture.js';
import { type Binary, type Kind, kinds, messageOf } from './messages.js';
import { alternate, type Outcome, type Side } from './scenario.js';

/** Pages that stay connected over WebSocket to a server in another process, one for each side, and the CPU time they use. */

/** The operations of a page's connection, whatever client it uses. */
export interface Traffic {
  emit(message: unknown): void;
  /** Called for each incoming message. */
  receive: (message: unknown) => void;
  flood(kind: Kind, count: number): void;
  /** Resolves with the server's answer, after the server has read everything sent before. */
  ask(question: unknown): Promise<unknown>;
}

declare global {
  interface Window {
    traffic: Traffic;
    /** Creates the plugins of holdfast for the scenario. */
    plugins?: () => readonly { name: string }[];
    /** Whether the program of a scenario has run. */
    ready?: boolean;
    /** Creates the messages that the page sends. */
    messages: Record<Kind, ReturnType<typeof messageOf>>;
  }
}

/** In a page: connects with one of the libraries, and a plugin if there is one. */
function connectLibrary(url: string): Promise<void> {
  return new Promise((resolve) => {
    const { plugins } = window;
    const socket = window.io(url, {
      transports: ['websocket'],
      ...(plugins && { plugins: plugins() }),
    });
    window.traffic = {
      emit: (message) => socket.emit('message', message),
      receive() {},
      flood: (kind, count) => socket.emit('flood', kind, count),
      ask: (question) => new Promise((answered) => socket.emit('question', question, answered)),
    };
    socket.on('message', (message) => window.traffic.receive(message));
    socket.on('connect', () => resolve());
  });
}

/** In a page: does by hand what an application with a bare WebSocket would do. */
function connectWebSocket(url: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    let answered: (answer: unknown) => void = () => {};
    let awaited = 0;
    let file: { name: string; parts: ArrayBuffer[] } = { name: '', parts: [] };
    const say = (...message: unknown[]): void => socket.send(JSON.stringify(message));
    window.traffic = {
      emit(message) {
        const { name, parts } = message as Partial<Binary>;
        if (!parts) {
          say('message', message);
          return;
        }
        say('message', { name, parts: parts.length });
        for (const part of parts) socket.send(part);
      },
      receive() {},
      flood: (kind, count) => say('flood', kind, count),
      ask: (question) =>
        new Promise((resolve) => {
          answered = resolve;
          say('question', question);
        }),
    };
    socket.onmessage = ({ data }) => {
      if (typeof data !== 'string') {
        if (file.parts.push(data) === awaited) window.traffic.receive(file);
        return;
      }
      const [name, message] = JSON.parse(data);
      if (name === 'answer') answered(message);
      else if (message.parts) {
        awaited = message.parts;
        file = { name: message.name, parts: [] };
      } else window.traffic.receive(message);
    };
    socket.onopen = () => resolve();
  });
}

/** How many operations make up one round. */
export interface Count {
  readonly full: number;
  readonly quick: number;
}

export const countOf = ({ quick }: Fixture, count: Count): number => (quick ? count.quick : count.full);

export interface MeasuredPage {
  readonly page: Page;
  readonly devtools: CDPSession;
}

export type MeasuredPages = Readonly<Record<Side, MeasuredPage>>;

interface Addresses {
  readonly library: string;
  readonly bare: string;
}

const serverFile = fileURLToPath(new URL('traffic-server.mjs', import.meta.url));

/** Runs `use` with its own server. */
export async function withTrafficServer<Result>(
  use: (addresses: Addresses) => Promise<Result>,
): Promise<Result> {
  const process = fork(serverFile);
  try {
    const [addresses] = (await once(process, 'message')) as [Addresses];
    return await use(addresses);
  } finally {
    if (process.connected) process.disconnect();
  }
}

/** Opens a page that loads this client and can be measured. */
export async function openMeasuredPage(fixture: Fixture, client: Client): Promise<MeasuredPage> {
  const page = await fixture.openPage(await fixture.newContext(), client);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  return { page, devtools };
}

const PLUGINS = '/dist/browser/production/plugins/';

/**
 * The program of a page with plugins.
 *
 * @param files where they are, by name
 * @param calls their calls, as source text
 */
export const withPlugins = (files: Readonly<Record<string, string>>, calls: string): string =>
  Object.entries(files)
    .map(([name, file]) => `import { ${name} } from '${PLUGINS}${file}';`)
    .concat(`Object.assign(window, { plugins: () => [${calls}], ready: true });`)
    .join('\n');

/** @param content a module that runs first, and sets `window.ready` */
export async function connected(
  fixture: Fixture,
  side: Side,
  { library, bare }: Addresses,
  content?: string,
): Promise<MeasuredPage> {
  const measured = await openMeasuredPage(fixture, side === 'bare' ? 'official' : side);
  const { page } = measured;
  // As source text: a page cannot import, and creating a large message there is faster than transferring it.
  for (const kind of kinds) {
    await page.evaluate(`(window.messages ??= {}).${kind} = (${messageOf})('${kind}')`);
  }
  if (content) {
    await page.addScriptTag({ type: 'module', content });
    await page.waitForFunction(() => window.ready);
  }
  if (side === 'bare') await page.evaluate(connectWebSocket, bare);
  else await page.evaluate(connectLibrary, library);
  return measured;
}

/** Runs `use` with a page for each side, all connected to the same server. */
export function withMeasuredPages<Result>(
  fixture: Fixture,
  use: (pages: MeasuredPages) => Promise<Result>,
): Promise<Result> {
  return withTrafficServer(async (addresses) => {
    const [holdfast, official, bare] = await Promise.all([
      connected(fixture, 'holdfast', addresses),
      connected(fixture, 'official', addresses),
      connected(fixture, 'bare', addresses),
    ]);
    return use({ holdfast, official, bare });
  });
}

/** Runs rounds in turns, after a warm-up round in which the browser compiles the hot code. */
export async function alternateWarm(...args: Parameters<typeof alternate>): Promise<Outcome> {
  await alternate(1, args[1]);
  return alternate(...args);
}

/** The CPU time of the page's main thread so far, in milliseconds; other processes do not count. */
async function mainThreadMs(devtools: CDPSession): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  const seconds = metrics.find(({ name }) => name === 'ThreadTime')?.value;
  if (seconds === undefined) throw new Error('The browser does not report ThreadTime.');
  return seconds * 1_000;
}

/** The CPU time of the page's main thread that `act` takes, in milliseconds. */
export async function costMs({ devtools }: MeasuredPage, act: () => Promise<unknown>): Promise<number> {
  // Garbage of earlier rounds must not count.
  await devtools.send('HeapProfiler.collectGarbage');
  const beforeMs = await mainThreadMs(devtools);
  await act();
  return (await mainThreadMs(devtools)) - beforeMs;
}
