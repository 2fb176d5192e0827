// The house: a file of src imports from its own floor and the floors below it, never upwards and never in a circle.

/** Which files live on which floor, the lowest first. Every file of src has exactly one floor. */
export const floors = [
  ['^src/platform/'],
  ['^src/protocol/'],
  ['^src/session/'],
  ['^src/connection/'],
  ['^src/socket/'],
  ['^src/manager/'],
  ['^src/plugins/(?!inspector/script\\.ts$)'],
  ['^src/create-io\\.ts$', '^src/helpers/'],
  ['^src/io\\.ts$'],
  ['^src/bindings/', '^src/testing/'],
  [
    '^src/(index|core|script|script-msgpack|tabs-worker|typed-events)\\.ts$',
    '^src/plugins/inspector/script\\.ts$',
  ],
  ['^src/playwright/'],
];

const housed = floors.flat();

// A socket has its manager as `socket.io`, and a plugin is made for a manager: both know the type, and nothing else of it.
const manager = '^src/manager/manager\\.ts$';
const socket = '^src/socket/socket\\.ts$';
const plugin = '^src/manager/plugin\\.ts$';

// A package's name stands alone in the path when it is not installed.
const packaged = (name) => `(^|node_modules/)${name}(/|$)`;
const engine = packaged('engine\\.io-(client|parser)');
const emitter = packaged('(@socket\\.io/)?component-emitter');
const msgpack = packaged('socket\\.io-msgpack-parser');
const playwright = packaged('(@playwright/test|playwright(-core)?)');
const forNode = '^src/playwright/';

// The resolver takes the folders that the build writes beside src, for tools without `exports`, for the frameworks of the same names.
const framework = (name) => [
  packaged(name),
  packaged(`@types/${name}`),
  `^dist/cjs/.*/bindings/${name}\\.js$`,
];
const peers = [...['react', 'vue', 'svelte', '@angular/core'].flatMap(framework), packaged('socket\\.io')];

const error = /** @type {const} */ ('error');

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...floors.slice(0, -1).map((files, i) => ({
      name: `floor-${i + 1}-imports-upwards`,
      comment: 'A file imports only from its own floor and the floors below.',
      severity: error,
      from: { path: files, pathNot: socket },
      to: { path: floors.slice(i + 1).flat() },
    })),
    {
      name: 'socket-imports-upwards',
      comment: 'Of the floors above it, src/socket/socket.ts knows the type of its manager alone.',
      severity: error,
      from: { path: socket },
      to: { path: floors.slice(5).flat(), pathNot: manager },
    },
    {
      name: 'manager-is-only-a-type',
      comment: 'src/socket/socket.ts and src/manager/plugin.ts import the type Manager, and not the class.',
      severity: error,
      from: { path: [socket, plugin] },
      to: { path: manager, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-circle',
      comment: 'But for the type Manager, no file imports one that imports it.',
      severity: error,
      from: { path: '^src/', pathNot: [manager, socket, plugin] },
      to: { circular: true },
    },
    {
      name: 'file-without-floor',
      comment: 'Give the file its floor in .dependency-cruiser.mjs.',
      severity: error,
      from: { path: '^src/', pathNot: housed },
      to: {},
    },
    {
      name: 'import-of-file-without-floor',
      comment: 'Give the file its floor in .dependency-cruiser.mjs.',
      severity: error,
      from: { path: '^src/' },
      to: { path: '^src/', pathNot: housed },
    },
    {
      name: 'engine-only-in-transports',
      comment:
        'Only src/session/transports knows engine.io-client; src/index.ts exports its transports again.',
      severity: error,
      from: { path: '^src/', pathNot: ['^src/session/transports/', '^src/index\\.ts$'] },
      to: { path: engine },
    },
    {
      name: 'emitter-has-one-importer',
      comment: 'Only src/platform/emitter.ts knows component-emitter.',
      severity: error,
      from: { path: '^src/', pathNot: '^src/platform/emitter\\.ts$' },
      to: { path: emitter },
    },
    {
      name: 'msgpack-has-one-importer',
      comment: 'Only the script for socket.io-msgpack-parser brings that package along.',
      severity: error,
      from: { path: '^src/', pathNot: '^src/script-msgpack\\.ts$' },
      to: { path: msgpack },
    },
    ...['react', 'vue', 'svelte', '@angular/core'].map((name) => ({
      name: `${name}-has-one-importer`,
      comment: 'A framework is known by its own binding alone.',
      severity: error,
      from: { path: '^src/', pathNot: `^src/bindings/${name.replace(/^@|\/.*/g, '')}\\.ts$` },
      to: { path: framework(name) },
    })),
    {
      name: 'server-has-one-importer',
      comment: 'Only the server side of a contract knows socket.io, and only its types.',
      severity: error,
      from: { path: '^src/', pathNot: '^src/plugins/contract/server\\.ts$' },
      to: { path: packaged('socket\\.io') },
    },
    {
      name: 'no-other-package',
      comment: 'The library runs in a browser and has two dependencies.',
      severity: error,
      from: { path: '^src/', pathNot: forNode },
      to: { pathNot: ['^src/', engine, emitter, msgpack, ...peers] },
    },
    {
      name: 'playwright-and-node-alone',
      comment: 'src/playwright runs in Node, beside Playwright.',
      severity: error,
      from: { path: forNode },
      to: { pathNot: ['^src/', playwright, '^(node:)?(http|net|stream)$'] },
    },
    {
      name: 'no-test-kit-in-the-library',
      comment: 'Only src/playwright imports src/testing; programs would pay for it.',
      severity: error,
      from: { path: '^src/', pathNot: ['^src/testing/', forNode] },
      to: { path: ['^src/testing/', forNode] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
