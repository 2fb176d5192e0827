import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CDPSession, Page } from 'playwright';
import type {} from '../test/support/page-tools.js';
import type { Client, Stage } from './fixture.js';
import { type Binary, type Kind, kinds, messageOf } from './messages.js';
import { alternate, type Outcome, type Side } from './scenario.js';

/** Pages that stay connected over WebSocket to a server in another process, one for each side, and what they cost. */

/** What a page does with its connection, whichever it is. */
export interface Traffic {
  emit(message: unknown): void;
  /** From now on, this takes what comes in. */
  take: (message: unknown) => void;
  flood(kind: Kind, count: number): void;
  /** Resolves with the server's answer, behind everything that was sent before. */
  ask(question: unknown): Promise<unknown>;
}

declare global {
  interface Window {
    traffic: Traffic;
    /** Makes the messages that the page sends. */
    messages: Record<Kind, ReturnType<typeof messageOf>>;
  }
}

/** In a page: the traffic of one of the libraries. */
function joinByLibrary(url: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = window.io(url, { transports: ['websocket'] });
    window.traffic = {
      emit: (message) => socket.emit('message', message),
      take() {},
      flood: (kind, count) => socket.emit('flood', kind, count),
      ask: (question) => new Promise((answered) => socket.emit('question', question, answered)),
    };
    socket.on('message', (message) => window.traffic.take(message));
    socket.on('connect', () => resolve());
  });
}

/** In a page: what an application would do that has nothing but a WebSocket. */
function joinByWebSocket(url: string): Promise<void> {
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
      take() {},
      flood: (kind, count) => say('flood', kind, count),
      ask: (question) =>
        new Promise((resolve) => {
          answered = resolve;
          say('question', question);
        }),
    };
    socket.onmessage = ({ data }) => {
      if (typeof data !== 'string') {
        if (file.parts.push(data) === awaited) window.traffic.take(file);
        return;
      }
      const [name, message] = JSON.parse(data);
      if (name === 'answer') answered(message);
      else if (message.parts) {
        awaited = message.parts;
        file = { name: message.name, parts: [] };
      } else window.traffic.take(message);
    };
    socket.onopen = () => resolve();
  });
}

/** How many of something in one round. */
export interface Count {
  readonly full: number;
  readonly quick: number;
}

export const countOf = ({ quick }: Stage, count: Count): number => (quick ? count.quick : count.full);

export interface Commuter {
  readonly page: Page;
  readonly devtools: CDPSession;
}

export type Commuters = Readonly<Record<Side, Commuter>>;

interface Addresses {
  readonly library: string;
  readonly bare: string;
}

const serverFile = fileURLToPath(new URL('traffic-server.mjs', import.meta.url));

/** Plays with a server of its own. */
export async function withTrafficServer<Result>(
  play: (addresses: Addresses) => Promise<Result>,
): Promise<Result> {
  const process = fork(serverFile);
  try {
    const [addresses] = (await once(process, 'message')) as [Addresses];
    return await play(addresses);
  } finally {
    if (process.connected) process.disconnect();
  }
}

/** A page that loads this client, and is measured. */
export async function commute(stage: Stage, client: Client): Promise<Commuter> {
  const page = await stage.visit(await stage.visitor(), client);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  return { page, devtools };
}

async function connected(stage: Stage, side: Side, { library, bare }: Addresses): Promise<Commuter> {
  const commuter = await commute(stage, side === 'bare' ? 'official' : side);
  const { page } = commuter;
  // As text: a page cannot import, and makes a large message quicker than it would be handed one.
  for (const kind of kinds) {
    await page.evaluate(`(window.messages ??= {}).${kind} = (${messageOf})('${kind}')`);
  }
  if (side === 'bare') await page.evaluate(joinByWebSocket, bare);
  else await page.evaluate(joinByLibrary, library);
  return commuter;
}

/** Plays with pages of all sides, connected to the same server. */
export function withCommuters<Result>(
  stage: Stage,
  play: (commuters: Commuters) => Promise<Result>,
): Promise<Result> {
  return withTrafficServer(async (addresses) => {
    const [holdfast, official, bare] = await Promise.all([
      connected(stage, 'holdfast', addresses),
      connected(stage, 'official', addresses),
      connected(stage, 'bare', addresses),
    ]);
    return play({ holdfast, official, bare });
  });
}

/** Rounds in turn, after one that does not count: by then the browser has compiled what is used much. */
export async function alternateWarm(...args: Parameters<typeof alternate>): Promise<Outcome> {
  await alternate(1, args[1]);
  return alternate(...args);
}

/** The time that the page's main thread has had on a processor so far, in milliseconds: what others do does not count. */
async function mainThreadMs(devtools: CDPSession): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  const seconds = metrics.find(({ name }) => name === 'ThreadTime')?.value;
  if (seconds === undefined) throw new Error('The browser does not tell the time of its threads.');
  return seconds * 1_000;
}

/** The time of the main thread that an act of the page takes, in milliseconds. */
export async function costMs({ devtools }: Commuter, act: () => Promise<unknown>): Promise<number> {
  // What rounds before this one have left behind is not on its account.
  await devtools.send('HeapProfiler.collectGarbage');
  const beforeMs = await mainThreadMs(devtools);
  await act();
  return (await mainThreadMs(devtools)) - beforeMs;
}
