import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Behaviour, reasonFor } from './behaviour.js';
import { behaviours } from './behaviours/index.js';
import { Fixture } from './fixture.js';
import { LocalEnvironment } from './local-environment.js';
import { type ServerName, serverNames, type Transport, transports } from './names.js';
import { providePython } from './python.js';
import { SharedServers } from './shared-servers.js';
import { markdown, Outcomes, plain, transportsOf } from './table.js';

/**
 * Runs every behaviour against servers of every protocol version, over each transport. If a server does not support a behaviour, the table
 * has the reason, and the test verifies that the program fails there.
 */

const outcomes = new Outcomes(behaviours);
const servers = new SharedServers();
let withoutPython: string | undefined;

/** How long a single event may take, in milliseconds; the shorter time applies to events that are expected not to come. */
const patienceMs = 15_000;
const shortPatienceMs = 800;

beforeAll(async () => {
  withoutPython = await providePython();
});

afterAll(async () => {
  await servers.stop();
  // console.log would add a heading.
  process.stdout.write(`\n${plain(outcomes)}\n\n`);
  if (outcomes.complete && process.env.HOLDFAST_WRITE_DOCS === '1') await writeDocument();
});

describe.concurrent.each(serverNames)('%s', (server) => {
  describe.concurrent.each(transports)('%s', (transport) => {
    for (const behaviour of behaviours.filter((one) => transportsOf(one).includes(transport))) {
      const reason = reasonFor(behaviour, server, transport);
      test.concurrent(reason ? `cannot: ${behaviour.name}` : behaviour.name, async ({ skip }) => {
        if (server === 'python' && withoutPython) {
          // In CI, a missing server is a failure.
          if (process.env.CI) throw new Error(withoutPython);
          skip(withoutPython);
        }
        outcomes.note(behaviour, server, transport, 'FAILED');
        await (reason
          ? expect(run(behaviour, server, transport, shortPatienceMs), reason).rejects.toThrow()
          : run(behaviour, server, transport, patienceMs));
        outcomes.note(behaviour, server, transport, 'yes');
      });
    }
  });
});

async function run(
  behaviour: Behaviour,
  server: ServerName,
  transport: Transport,
  limitMs: number,
): Promise<void> {
  const environment = await LocalEnvironment.open(await servers.get(server));
  const fixture = new Fixture(environment, transport, limitMs);
  try {
    await behaviour.run(fixture);
  } finally {
    await fixture.close();
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
