import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Fault, faults, usableMs, type Visit, visits } from './catalogue.js';
import { everyMs, type Result, runCell } from './cell.js';
import { Chromium, node, type Place } from './environments.js';
import { provideMiddleboxes } from './middleboxes.js';
import { connects, judge, markdown, plain, type Row } from './table.js';

/**
 * The fault lab: every fault, met at every visit, by a client in Chromium and by one in Node. The client sends numbered messages
 * before, during and after; the servers' record is compared with what the client was told of each.
 */

const chromium = new Chromium();
const rows: Row[] = [];
let missing: string | undefined;

beforeAll(async () => {
  [missing] = await Promise.all([provideMiddleboxes(), chromium.start()]);
});

afterAll(async () => {
  await chromium.stop();
  const place = (row: Row): number =>
    cells.findIndex(
      (cell) => cell.fault === row.fault && cell.place.name === row.where && cell.visit === row.visit,
    );
  rows.sort((a, b) => place(a) - place(b));
  // Not by console.log, which would put a headline over it.
  process.stdout.write(`\n${plain(rows)}\n\n`);
  const complete = rows.length === cells.length;
  if (complete && process.env.HOLDFAST_WRITE_DOCS === '1')
    await writeFile(document, `${introduction}\n${markdown(rows)}\n`);
});

const cells = faults.flatMap((fault) =>
  [node, chromium].flatMap((place: Place) => visits.map((visit) => ({ fault, place, visit }))),
);

for (const { fault, place, visit } of cells) {
  test.concurrent(`${fault.name}, ${visit}, ${place.name}`, async ({ skip }) => {
    const note = (outcome: Row['outcome']): void => {
      rows.push({ fault, where: place.name, visit, outcome });
    };
    if (fault.behind && missing) {
      note(`not tried: ${missing}`);
      // Where nobody reads what was skipped, it is a failure.
      if (process.env.CI) throw new Error(missing);
      skip(missing);
    }
    const outcome = await runCell(fault, place, visit).catch((error: unknown) => {
      note(`FAILED: ${(error as Error).message}`);
      throw error;
    });
    note(outcome);
    expectRight(fault, visit, outcome);
  });
}

function expectRight(fault: Fault, visit: Visit, result: Result): void {
  const { report, arrived, made, atOnce, sinceMs } = result;
  expect(result.uncaught, 'uncaught errors').toEqual([]);
  expect(judge(result).lost, 'messages lost').toEqual([]);
  if (result.repeated === 0)
    expect(arrived, 'the order of arrival').toEqual([...arrived].sort((a, b) => a - b));
  expect(made, 'sockets made, one for each time the client was connected').toBe(connects(result));
  expect(atOnce, 'sockets at once').toBeLessThanOrEqual(fault.hidden ? 2 : 1);
  expect(result.sessionsAtRest, 'sessions while the client is at rest').toBe(1);
  expect(result.leftOver, 'sockets and sessions after the client has left').toBe(0);
  if (fault.endsOn) expect(report.transport).toBe(fault.endsOn);
  if (fault.harmless) expect(connects(result)).toBe(1);
  if (fault.remembered && visit === 'returning visit') {
    const firstTry = report.entries.find(({ what, atMs }) => what === 'try' && atMs >= sinceMs);
    expect(firstTry?.detail, 'what a returning client tries first').toBe('polling');
  }
  expect(result.usableMs, 'time to usable').toBeLessThan(fault.usableMs?.[visit] ?? usableMs);
}

const document = new URL('../../docs/fault-table.md', import.meta.url);
const introduction = `# What holdfast does in broken networks

Written by the fault lab: \`HOLDFAST_WRITE_DOCS=1 npm test -- --project faults\`. Between a client and real socket.io servers on one
machine, a proxy breaks the network, and nginx or haproxy stands where the fault names it. Each fault is met on a first visit, on
a visit of somebody who was here before, and by a connection that stands. The client emits a numbered message every ${everyMs} ms from the
first moment on, and asks for an acknowledgement of each.

- **usable after**: until a message came through, from the beginning of the visit or, in mid-session, of the fault. Where the fault lets
  nobody through (refused, silent, half-open), it ends as soon as the client has told of it, and the time counts from there.
  Retries come after 100 to 400 ms here. Many cells run at once: the times are no benchmark.
- **lost**: messages that were acknowledged or buffered and did not arrive exactly once, and those of which nobody was told anything. In
  brackets: *told*, in flight at a cut, and the emitter was told that no acknowledgement came; *blurred*, the browser sent a polling request
  a second time on its own when a kept-alive connection was cut, so that the server got its messages twice, or an answer went to a
  request that was no more. No library can see or prevent that.
- **sockets**: how many the server's application was given, for how many times the client was connected. They must be the same.
`;
