import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { freePort, host, listen } from '../support/ports.js';
import { runNode, useProject } from './support/fixture.js';

/** The build shortens private names, but no name in the declarations or in the protocol. */

const dist = join(inject('project').folder, 'node_modules/holdfast/dist');
const project = useProject();

declare global {
  interface Window {
    wire(url: string): Promise<Wire>;
  }
}

interface Wire {
  readonly received: Readonly<Record<string, unknown>>;
  readonly members: Readonly<Record<string, readonly string[]>>;
}

/** The declared public members that every object has from the start, by exported type, without symbols. */
function declaredMembers(file: string): Record<string, string[]> {
  const program = ts.createProgram([join(dist, 'types', file)], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    types: [],
    noLib: true,
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(join(dist, 'types', file));
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) throw new Error(`There are no declarations in ${file}.`);
  const isPublic = (property: ts.Symbol): boolean =>
    property.declarations?.every(
      (one) =>
        (ts.getCombinedModifierFlags(one) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) === 0,
    ) ?? false;
  const isSet = (property: ts.Symbol): boolean => {
    const type = checker.getTypeOfSymbol(property);
    return !(property.flags & ts.SymbolFlags.Optional) && !(type.isUnion() && type.types.some(isUndefined));
  };
  // `Manager` is an alias of a class.
  const types = ts.SymbolFlags.Class | ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias;
  const members: Record<string, string[]> = {};
  for (const exported of checker.getExportsOfModule(module)) {
    const isAlias = exported.flags & ts.SymbolFlags.Alias;
    const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
    if (!(symbol.flags & types)) continue;
    members[exported.name] = checker
      .getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol))
      .filter((property) => isPublic(property) && isSet(property))
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('__@'));
  }
  return members;
}

const isUndefined = (type: ts.Type): boolean => (type.flags & ts.TypeFlags.Undefined) !== 0;

const members = declaredMembers('index.d.ts');
const { Io } = declaredMembers('io.d.ts');

const modules = ['browser', 'node'].flatMap((platform) =>
  ['production', 'development'].map((mode) => `${platform}/${mode}/index.js`),
);
const builds = [
  ...modules,
  ...modules.map((file) => `cjs/${file}`),
  'holdfast.js',
  'holdfast.min.js',
  'holdfast.msgpack.min.js',
];

test.each(builds)('%s keeps every public name', async (file) => {
  const wanted = { Socket: members.Socket, Manager: members.Manager, Io };
  expect(wanted.Socket?.length).toBeGreaterThan(40);
  expect(wanted.Manager?.length).toBeGreaterThan(20);
  const { stdout } = await runNode('programs/members.mjs', join(dist, file), JSON.stringify(wanted));
  expect(JSON.parse(stdout)).toEqual({ Socket: [], Manager: [], Io: [] });
});

/** A server that reads and writes raw frames, to detect a shortened name. */
describe('on the wire', () => {
  let server: Server;
  let sockets: WebSocketServer;
  let url: string;
  let frames: string[] = [];
  /** In the format of the adapter for Redis streams. */
  const offset = `${Date.now()}-0`;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://${host}:${port}`;
    const cors = { 'Access-Control-Allow-Origin': '*', 'Content-Type': 'application/json' };
    server = createServer((_, response) => {
      response.writeHead(400, cors).end('{"code":3,"message":"Bad request"}');
    });
    sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket, { url: path = '' }) => {
      // A busy machine must be connected by then.
      const times = path.includes('silent') ? [1_000, 1_000] : [25_000, 20_000];
      socket.send(
        `0{"sid":"engine","upgrades":[],"pingInterval":${times[0]},"pingTimeout":${times[1]},"maxPayload":100000}`,
      );
      socket.on('message', (content: Buffer, isBinary: boolean) => {
        const frame = isBinary ? `binary ${content.toString('hex')}` : content.toString();
        frames.push(frame);
        if (frame.startsWith('40/refused')) {
          socket.send('44/refused,{"message":"not you","data":{"reason":"stranger"}}');
        } else if (frame.startsWith('40')) {
          socket.send('40{"sid":"socket","pid":"private"}');
          if (!frame.includes('pid')) socket.send(`42["news","is good","${offset}"]`);
        } else if (frame.startsWith('binary')) {
          socket.send('461-0[{"_placeholder":true,"num":0}]');
          socket.send(content);
        } else if (frame.includes('cut')) {
          socket.terminate();
        }
      });
    });
    await listen(server, port);
  });
  beforeEach(() => {
    frames = [];
  });
  afterAll(async () => {
    for (const client of sockets.clients) client.terminate();
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });

  function check({ received, members: found }: Wire): void {
    expect(frames.slice(0, 5)).toEqual([
      '40{"token":"abc"}',
      '451-0["bytes",{"_placeholder":true,"num":0}]',
      'binary 01ff',
      '42["cut"]',
      `40{"pid":"private","offset":"${offset}","token":"abc"}`,
    ]);
    expect(received).toEqual({
      news: 'is good',
      bytes: [1, 255],
      recovered: true,
      id: 'socket',
      engineId: 'engine',
      message: 'not you',
      data: { reason: 'stranger' },
      reason: 'ping timeout',
    });
    for (const name of ['ConnectionError', 'Attempt']) {
      const wanted = members[name] ?? [];
      expect(wanted.length).toBeGreaterThan(3);
      expect(wanted.filter((member) => !found[name]?.includes(member))).toEqual([]);
    }
  }

  test.each(['node/production/index.js', 'node/development/index.js', 'cjs/node/production/index.js'])(
    '%s uses the names of the protocol',
    async (file) => {
      const { stdout } = await runNode('programs/wire-node.mjs', join(dist, file), url);
      check(JSON.parse(stdout));
    },
  );

  test.each([
    'browser/production/index.js',
    'browser/development/index.js',
    'holdfast.min.js',
    'holdfast.esm.min.js',
  ])('%s uses the names of the protocol in a page', async (file) => {
    const address = `/node_modules/holdfast/dist/${file}`;
    const isScript = file === 'holdfast.min.js';
    const page = await project.show(`
      ${isScript ? `<script src="${address}"></script>` : ''}
      <script type="module">
        import { wire } from '/programs/wire.js';
        ${isScript ? '' : `import { io } from '${address}';`}
        window.wire = (url) => wire(io, url);
      </script>`);
    const result = await page.evaluate((address) => window.wire(address), url);
    // The refused request also appears in the console.
    expect(project.takeErrors().join('\n')).toContain('400');
    check(result);
  });
});

test('no build has a private name in its long form', async () => {
  const scripts = new URL('../../scripts/build/names.mjs', import.meta.url);
  const { shortNames } = (await import(scripts.href)) as {
    shortNames(): Promise<{ cache: Record<string, string | false> }>;
  };
  const { cache } = await shortNames();
  const shortened = Object.keys(cache).filter((name) => cache[name]);
  expect(shortened.length).toBeGreaterThan(20);

  // A spread of a variable is no member.
  const left = new RegExp(`(?<!\\.\\.)\\.(${shortened.join('|')})\\b`);
  for (const path of await readdir(dist, { recursive: true })) {
    // socket.io-msgpack-parser is there as it is published.
    if (!path.endsWith('.js') || path.includes('msgpack')) continue;
    const [found] = left.exec(await readFile(join(dist, path), 'utf8')) ?? [];
    expect(found, path).toBeUndefined();
  }
});
