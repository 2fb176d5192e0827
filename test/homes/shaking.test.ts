import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runNode } from './support/fixture.js';

/** Who imports one thing gets that thing, and what it needs. */

const programs = {
  nothing: "import 'holdfast'; import 'holdfast/legacy'; import 'holdfast/inspector';",
  types: "import { Socket } from 'holdfast';",
  constant: "export { protocol } from 'holdfast';",
  errors: "export { HoldfastError } from 'holdfast';",
  events: "export { events } from 'holdfast';",
  debug: "export { debug } from 'holdfast/inspector';",
  legacy: "export { legacy } from 'holdfast/legacy';",
  transport: "export { XHR } from 'holdfast';",
  socket: "export { Socket } from 'holdfast';",
  manager: "export { Manager } from 'holdfast';",
  io: "export { io } from 'holdfast';",
};

interface Shaken {
  /** Paths in node_modules. */
  readonly modules: readonly string[];
  /** Minified. */
  readonly bytes: number;
  readonly brotli: number;
}

const built = 'holdfast/dist/browser/production';
const engine = /engine\.io-client/;
const inspector = /production\/inspector/;
const panel = /inspector\/(panel|inspect|log)/;
const legacy = /production\/legacy/;
const eventStream = /event-stream/;
const forNode = /\.node\.js|esm-debug|\/cjs\//;

const figures = ['  bytes  brotli'];
afterAll(() => console.log(figures.join('\n')));

describe.each(['esbuild', 'rollup'])('with %s', (bundler) => {
  let shaken: Record<keyof typeof programs, Shaken>;
  beforeAll(async () => {
    const { stdout } = await runNode('builders/shaken.mjs', bundler, ...Object.values(programs));
    const results = JSON.parse(stdout) as Shaken[];
    shaken = Object.fromEntries(Object.keys(programs).map((name, i) => [name, results[i]])) as typeof shaken;
    for (const [name, program] of Object.entries(programs)) {
      const { bytes, brotli } = shaken[name as keyof typeof programs];
      figures.push(`${String(bytes).padStart(7)} ${String(brotli).padStart(7)}  ${bundler}: ${program}`);
    }
  });
  const pathsOf = (name: keyof typeof programs): string => shaken[name].modules.join('\n');

  test('what is imported and not used leaves nothing', () => {
    expect(shaken.nothing.modules).toEqual([]);
    expect(shaken.types.modules).toEqual([]);
  });

  test('small things bring a few files', () => {
    expect(shaken.constant.modules).toEqual([`${built}/protocol/packet.js`]);
    expect(shaken.errors.modules).toEqual([`${built}/platform/errors.js`]);
    expect(shaken.events.bytes).toBeLessThan(2_500);
    expect(shaken.legacy.bytes).toBeLessThan(8_000);
    expect(shaken.debug.bytes).toBeLessThan(9_000);
    expect(pathsOf('debug')).not.toMatch(panel);
    for (const name of ['events', 'legacy', 'debug'] as const) expect(pathsOf(name)).not.toMatch(engine);
  });

  test('a transport brings nothing of holdfast, and a socket no connection', () => {
    expect(pathsOf('transport')).not.toMatch(/^holdfast\/dist\/\w+\/\w+\/(?!packages)/m);
    expect(pathsOf('socket')).not.toMatch(engine);
  });

  test.each(['io', 'manager'] as const)('%s brings nothing that only others need', (name) => {
    expect(pathsOf(name)).toMatch(engine);
    expect(pathsOf(name)).not.toMatch(legacy);
    expect(pathsOf(name)).not.toMatch(inspector);
    expect(pathsOf(name)).not.toMatch(eventStream);
  });

  test('nothing brings what is meant for Node', () => {
    for (const name of Object.keys(programs) as (keyof typeof programs)[]) {
      expect(pathsOf(name)).not.toMatch(forNode);
    }
  });
});
