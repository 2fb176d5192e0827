import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startFaultProxy } from '../support/fault-proxy.js';
import { freePort } from '../support/ports.js';
import { counts, fault, faults, type Stream } from './audit.js';
import { Client } from './client.js';
import { injectFaults, ServerProcess } from './fault-schedule.js';

/**
 * Runs clients, a server and a bad network between them for the given time. Exits with code 1 if a message was lost,
 * duplicated or out of order, or if the heap has grown. Run it with --expose-gc.
 */

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' } } });
const minutes = Number(values.minutes);
/** The allowed growth from the median of the middle third of the run to that of the last third. */
const growthLimitMB = 4;
/** How long pending emits may take to settle after the last fault. */
const settleLimitMs = 60_000;

const folder = mkdtempSync(join(tmpdir(), 'holdfast-soak-'));
const logFile = join(folder, 'received');
const streams = new Map<string, Stream>();
const heaps: number[] = [];

/** Reads the new lines of the server's log. */
class LogReader {
  private readonly file = openSync(logFile, 'a+');
  private readonly buffer = Buffer.alloc(2 ** 20);
  private position = 0;
  private rest = '';

  read(): void {
    for (;;) {
      const bytes = readSync(this.file, this.buffer, 0, this.buffer.length, this.position);
      if (bytes === 0) return;
      this.position += bytes;
      const lines = (this.rest + this.buffer.toString('latin1', 0, bytes)).split('\n');
      this.rest = lines.pop() ?? '';
      for (const line of lines) this.handle(line);
    }
  }

  close(): void {
    closeSync(this.file);
  }

  private handle(line: string): void {
    const [session = '', name = '', number = ''] = line.split(' ');
    if (number === 'corrupt') fault('corrupt', line);
    else streams.get(name)?.received(session, Number(number));
  }
}

/** The size of the heap and its external memory in MB, after garbage collection. */
async function heapMB(): Promise<number> {
  const { gc } = globalThis;
  if (!gc) throw new Error('Run this with --expose-gc.');
  for (let turn = 0; turn < 3; turn += 1) {
    gc();
    await pause(20);
  }
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

const median = (sizes: readonly number[]): number =>
  [...sizes].sort((a, b) => a - b)[Math.floor(sizes.length / 2)] ?? 0;

function growthMB(): number | undefined {
  const third = Math.floor(heaps.length / 3);
  // A few minutes are not enough: the engine is still optimising the code.
  if (third < 3) return undefined;
  return Number((median(heaps.slice(-third)) - median(heaps.slice(third, 2 * third))).toFixed(2));
}

const line = (what: object): string =>
  Object.entries(what)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

const reader = new LogReader();
const port = await freePort();
const server = new ServerProcess(port, logFile);
await server.start();
const transportLists = [['websocket'], ['polling'], ['polling', 'websocket'], ['websocket', 'polling']];
const proxies = await Promise.all(transportLists.map(() => startFaultProxy(port)));
const clients = transportLists.map(
  (transports, i) => new Client(`${i}-${transports.join('-')}`, proxies[i]?.url ?? '', transports),
);
for (const stream of clients.flatMap((client) => client.streams)) streams.set(stream.name, stream);
for (const client of clients) client.start();

const over = new AbortController();
const schedules = [
  ...proxies.map((proxy) => injectFaults(proxy, over.signal)),
  server.restartRepeatedly(over.signal),
];
const startedMs = performance.now();
const reading = setInterval(() => {
  reader.read();
  for (const stream of streams.values()) stream.sweep(false);
}, 500);

for (let minute = 1; minute <= minutes; minute += 1) {
  await pause(startedMs + minute * 60_000 - performance.now());
  heaps.push(await heapMB());
  const stamp = `${new Date().toISOString()} minute ${minute}`;
  console.log(`${stamp}: ${line(counts)} | ${line(faults)} | heap ${heaps.at(-1)?.toFixed(1)} MB`);
}

// Stops emitting and ends all faults; every emit must settle now.
for (const client of clients) client.stop();
over.abort();
await Promise.all(schedules);
const settleUntilMs = performance.now() + settleLimitMs;
while (!clients.every(({ settled }) => settled) && performance.now() < settleUntilMs) await pause(100);
// Gives emits without acknowledgement time to arrive.
await pause(1_000);
clearInterval(reading);
reader.read();
for (const stream of streams.values()) stream.sweep(true);
for (const client of clients) client.close();
await Promise.all(proxies.map((proxy) => proxy.close()));
await server.stop(true);
reader.close();
rmSync(folder, { recursive: true, force: true });

const grownMB = growthMB();
const bad = Object.values(faults).some((times) => times > 0) || (grownMB ?? 0) > growthLimitMB;
const summary = {
  minutes,
  ...counts,
  ...faults,
  heapMB: { first: heaps[0], last: heaps.at(-1), highest: Math.max(...heaps), grown: grownMB ?? null },
  passed: !bad,
};
console.log(JSON.stringify(summary, null, 2));
process.exit(bad ? 1 : 0);
