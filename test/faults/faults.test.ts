import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Fault, faults, usableMs, type Visit, visits } from './catalogue.js';
import { everyMs, type Result, runCell } from './cell.js';
import { Chromium, type ClientEnvironment, node } from './environments.js';
import { provideMiddleboxes } from './middleboxes.js';
import { connects, judge, markdown, plain, type Row } from './table.js';

/**
 * Tests every fault at every kind of visit, with a client in Chromium and one in Node. The client sends numbered messages
 * before, during and after the fault; the servers' log is compared with the outcome of each message.
 */

const chromium = new Chromium();
const rows: Row[] = [];
let missing: string | undefined;

beforeAll(async () => {
  [missing] = await Promise.all([provideMiddleboxes(), chromium.start()]);
});

afterAll(async () => {
  await chromium.stop();
  const indexOf = (row: Row): number =>
    cells.findIndex(
      (cell) => cell.fault === row.fault && cell.environment.name === row.where && cell.visit === row.visit,
    );
  rows.sort((a, b) => indexOf(a) - indexOf(b));
  // console.log would add a heading.
  process.stdout.write(`\n${plain(rows)}\n\n`);
  const complete = rows.length === cells.length;
  if (complete && process.env.HOLDFAST_WRITE_DOCS === '1')
    await writeFile(document, `${introduction}\n${markdown(rows)}\n`);
});

const cells = faults.flatMap((fault) =>
  (fault.overHttp3 ? [chromium] : [node, chromium]).flatMap((environment: ClientEnvironment) =>
    visits.map((visit) => ({ fault, environment, visit })),
  ),
);

for (const { fault, environment, visit } of cells) {
  test.concurrent(`${fault.name}, ${visit}, ${environment.name}`, async ({ skip }) => {
    const note = (outcome: Row['outcome']): void => {
      rows.push({ fault, where: environment.name, visit, outcome });
    };
    if (fault.behind && missing) {
      note(`not tested: ${missing}`);
      // In CI, a missing middlebox is a failure.
      if (process.env.CI) throw new Error(missing);
      skip(missing);
    }
    const outcome = await runCell(fault, environment, visit).catch((error: unknown) => {
      note(`FAILED: ${(error as Error).message}`);
      throw error;
    });
    note(outcome);
    expectCorrect(fault, visit, outcome);
  });
}

function expectCorrect(fault: Fault, visit: Visit, result: Result): void {
  const { report, arrived, created, maxConcurrent, sinceMs } = result;
  expect(result.uncaught, 'uncaught errors').toEqual([]);
  expect(judge(result).lost, 'messages lost').toEqual([]);
  if (result.repeated === 0)
    expect(arrived, 'the order of arrival').toEqual([...arrived].sort((a, b) => a - b));
  expect(created, 'sockets created, one for each connect of the client').toBe(connects(result));
  expect(maxConcurrent, 'sockets at the same time').toBeLessThanOrEqual(fault.hidden ? 2 : 1);
  expect(result.sessionsWhenIdle, 'sessions while the client is idle').toBe(1);
  expect(result.leftOver, 'sockets and sessions after the client has disconnected').toBe(0);
  if (fault.endsOn) expect(report.transport).toBe(fault.endsOn);
  if (fault.harmless) expect(connects(result)).toBe(1);
  if (fault.remembered && visit === 'returning visit') {
    const first = report.entries.find(({ what, atMs }) => what === 'attempt' && atMs >= sinceMs);
    expect(first?.detail, 'the first transport of a returning client').toBe('polling');
  }
  expect(result.usableMs, 'time to usable').toBeLessThan(fault.usableMs?.[visit] ?? usableMs);
}

const document = new URL('../../docs/fault-table.md', import.meta.url);
const introduction = `# Behaviour on broken networks

\`\`\`js
const answer = await socket.timeout(20_000).emitWithAck('order', { item: 7 }); // arrives, or fails and says what is known
\`\`\`

Written by the tests: \`HOLDFAST_WRITE_DOCS=1 npm test -- --project faults\`. A proxy between a client and real socket.io servers on one
machine injects each fault, together with nginx or haproxy where named. The client encounters each fault on its first visit, on
a returning visit, and while its connection is open. Where WebTransport is listed first, the server runs in Deno, and the client in Chromium
alone: Node has no WebTransport. The client emits a numbered message every ${everyMs} ms from the
start, and asks for an acknowledgement of each.

- **usable after**: the time until a message came through, from the start of the visit or, in mid-session, of the fault. A fault that blocks
  all traffic (refused, silent, half-open) ends as soon as the client has reported it, and the time is measured from there.
  Retries come after 100 to 400 ms here. Many cells run at the same time, so the times are not a benchmark.
- **lost**: messages that were acknowledged or kept but did not arrive exactly once, and messages without any outcome. In
  brackets: *failed*, in flight at a cut, and the emit failed because no acknowledgement came; *repeated*, the browser itself repeated a
  polling request when a kept-alive connection was cut, so that the server received its messages twice, or answered a
  request that no longer existed. No library can detect or prevent that.
- **sockets**: the number of sockets created on the server, and how often the client connected. The two must be equal.
`;
