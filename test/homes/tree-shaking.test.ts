import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runNode } from './support/fixture.js';

/** A bundle contains only the imported exports and their dependencies. */

const programs = {
  nothing:
    "import 'holdfast'; import 'holdfast/legacy'; import 'holdfast/inspector'; import 'holdfast/testing';",
  all: [
    ...['holdfast', 'holdfast/core', 'holdfast/plugins', 'holdfast/legacy', 'holdfast/early'],
    ...['holdfast/endpoints', 'holdfast/schedule', 'holdfast/inspector'],
  ]
    .map((entry, at) => `export * as entry${at} from '${entry}';`)
    .join(' '),
  testing: "export { createTestServer } from 'holdfast/testing';",
  types: "import { Socket } from 'holdfast';",
  constant: "export { protocol } from 'holdfast';",
  errors: "export { HoldfastError } from 'holdfast';",
  events: "export { events } from 'holdfast';",
  debug: "export { debug } from 'holdfast/inspector';",
  redact:
    "export { redact } from './node_modules/holdfast/dist/browser/production/plugins/inspector/redact.js';",
  legacy: "export { legacy } from 'holdfast/legacy';",
  transport: "export { XHR } from 'holdfast';",
  socket: "export { Socket } from 'holdfast';",
  manager: "export { Manager } from 'holdfast';",
  io: "export { io } from 'holdfast';",
  webTransport: "export { webTransport } from 'holdfast/plugins';",
};

interface Bundle {
  /** The paths of its modules in node_modules. */
  readonly modules: readonly string[];
  /** The minified size. */
  readonly bytes: number;
  readonly brotli: number;
}

const built = 'holdfast/dist/browser/production';
const engine = /engine\.io-client/;
const inspector = /plugins\/inspector/;
const panel = /inspector\/(panel|inspect|log)/;
const legacy = /plugins\/legacy/;
const eventStream = /event-stream/;
const webTransport = /web-transport|transports\/frames/;
const testKit = /production\/(testing|playwright)\//;
const forNode = /\.node\.js|esm-debug|\/cjs\//;

const figures = ['  bytes  brotli'];
afterAll(() => console.log(figures.join('\n')));

describe.each(['esbuild', 'rollup'])('with %s', (bundler) => {
  let bundles: Record<keyof typeof programs, Bundle>;
  beforeAll(async () => {
    const { stdout } = await runNode('builders/tree-shaking.mjs', bundler, ...Object.values(programs));
    const results = JSON.parse(stdout) as Bundle[];
    bundles = Object.fromEntries(
      Object.keys(programs).map((name, i) => [name, results[i]]),
    ) as typeof bundles;
    for (const [name, program] of Object.entries(programs)) {
      const { bytes, brotli } = bundles[name as keyof typeof programs];
      figures.push(`${String(bytes).padStart(7)} ${String(brotli).padStart(7)}  ${bundler}: ${program}`);
    }
  });
  const pathsOf = (name: keyof typeof programs): string => bundles[name].modules.join('\n');

  test('unused imports add nothing', () => {
    expect(bundles.nothing.modules).toEqual([]);
    expect(bundles.types.modules).toEqual([]);
  });

  test('small exports add few modules', () => {
    expect(bundles.constant.modules).toEqual([`${built}/protocol/packet.js`]);
    expect(bundles.errors.modules).toEqual([`${built}/platform/errors.js`]);
    expect(bundles.events.bytes).toBeLessThan(2_500);
    expect(bundles.legacy.bytes).toBeLessThan(8_000);
    // Removing the secrets from its lines is most of it.
    expect(bundles.redact.bytes).toBeLessThan(17_000);
    // It also finds the connections of the page.
    expect(bundles.debug.bytes - bundles.redact.bytes).toBeLessThan(14_000);
    expect(pathsOf('debug')).not.toMatch(panel);
    for (const name of ['events', 'legacy', 'debug'] as const) expect(pathsOf(name)).not.toMatch(engine);
  });

  test('a transport adds nothing of holdfast, and Socket adds no engine', () => {
    expect(pathsOf('transport')).not.toMatch(/^holdfast\/dist\/\w+\/\w+\/(?!packages)/m);
    expect(pathsOf('socket')).not.toMatch(engine);
  });

  test.each(['io', 'manager'] as const)('%s adds no optional modules', (name) => {
    expect(pathsOf(name)).toMatch(engine);
    expect(pathsOf(name)).not.toMatch(legacy);
    expect(pathsOf(name)).not.toMatch(inspector);
    expect(pathsOf(name)).not.toMatch(eventStream);
    expect(pathsOf(name)).not.toMatch(webTransport);
  });

  test('WebTransport is included only if it is imported, and adds no other transport', () => {
    expect(pathsOf('webTransport')).toMatch(webTransport);
    expect(pathsOf('webTransport')).not.toMatch(/polling\.js|websocket\.js/);
    expect(pathsOf('transport')).not.toMatch(webTransport);
  });

  test('no production bundle contains the test kit, whatever it imports', () => {
    for (const name of Object.keys(programs) as (keyof typeof programs)[]) {
      if (name === 'testing') expect(pathsOf(name)).toMatch(testKit);
      else expect(pathsOf(name), name).not.toMatch(testKit);
    }
    expect(bundles.all.bytes).toBeGreaterThan(bundles.io.bytes);
  });

  test('no export adds modules for Node', () => {
    for (const name of Object.keys(programs) as (keyof typeof programs)[]) {
      expect(pathsOf(name)).not.toMatch(forNode);
    }
  });
});
