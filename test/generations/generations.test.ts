import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Behaviour, reasonFor } from './behaviour.js';
import { behaviours } from './behaviours/index.js';
import { Stage } from './fixture.js';
import { LocalBackstage } from './local-environment.js';
import { type ServerName, serverNames, type Transport, transports } from './names.js';
import { providePython } from './python.js';
import { Hosts } from './shared-servers.js';
import { markdown, Outcomes, plain, transportsOf } from './table.js';

/**
 * One client, the servers of every generation: what it does with one, it does with all, over each transport. Where a server cannot do
 * its part, the reason is in the table, and the same program must fail, or the reason would be an excuse.
 */

const outcomes = new Outcomes(behaviours);
const hosts = new Hosts();
let withoutPython: string | undefined;

/** How long a single event may take, in milliseconds; and where it is known not to come. */
const patienceMs = 15_000;
const shortPatienceMs = 800;

beforeAll(async () => {
  withoutPython = await providePython();
});

afterAll(async () => {
  await hosts.stop();
  // Not by console.log, which would put a headline over it.
  process.stdout.write(`\n${plain(outcomes)}\n\n`);
  if (outcomes.complete && process.env.HOLDFAST_WRITE_DOCS === '1') await writeDocument();
});

describe.concurrent.each(serverNames)('%s', (server) => {
  describe.concurrent.each(transports)('%s', (transport) => {
    for (const behaviour of behaviours.filter((one) => transportsOf(one).includes(transport))) {
      const reason = reasonFor(behaviour, server, transport);
      test.concurrent(reason ? `cannot: ${behaviour.name}` : behaviour.name, async ({ skip }) => {
        if (server === 'python' && withoutPython) {
          // Where nobody reads what was skipped, it is a failure.
          if (process.env.CI) throw new Error(withoutPython);
          skip(withoutPython);
        }
        outcomes.note(behaviour, server, transport, 'FAILED');
        await (reason
          ? expect(play(behaviour, server, transport, shortPatienceMs), reason).rejects.toThrow()
          : play(behaviour, server, transport, patienceMs));
        outcomes.note(behaviour, server, transport, 'yes');
      });
    }
  });
});

async function play(
  behaviour: Behaviour,
  server: ServerName,
  transport: Transport,
  limitMs: number,
): Promise<void> {
  const backstage = await LocalBackstage.over(await hosts.of(server));
  const stage = new Stage(backstage, transport, limitMs);
  try {
    await behaviour.run(stage);
  } finally {
    await stage.close();
  }
}

const document = new URL('../../docs/servers.md', import.meta.url);
const between = /(?<=<!-- table -->\n)[\s\S]*(?=<!-- end of table -->)/;

async function writeDocument(): Promise<void> {
  const text = await readFile(document, 'utf8');
  await writeFile(
    document,
    text.replace(between, () => `\n${markdown(outcomes)}\n\n`),
  );
}
