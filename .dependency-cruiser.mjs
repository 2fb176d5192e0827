// The house: a file of src imports from its own floor and the floors below it, never upwards and never in a circle.

/** Which files live on which floor, the lowest first. Every file of src has exactly one floor. */
export const floors = [
  ['^src/platform/'],
  ['^src/protocol/', '^src/connection/(?!connection\\.ts$)'],
  ['^src/connection/connection\\.ts$', '^src/socket\\.ts$', '^src/socket/', '^src/namespace/'],
  [
    '^src/rules\\.ts$',
    '^src/sockets\\.ts$',
    '^src/wiring\\.ts$',
    '^src/manager\\.ts$',
    '^src/manager-(events|settings)\\.ts$',
    '^src/io\\.ts$',
    '^src/event-stream\\.ts$',
  ],
  ['^src/index\\.ts$', '^src/typed-events\\.ts$', '^src/script\\.ts$', '^src/legacy/', '^src/inspector/'],
];

const housed = floors.flat();

// A package's name stands alone in the path when it is not installed.
const engine = '(^|node_modules/)engine\\.io-(client|parser)(/|$)';
const emitter = '(^|node_modules/)(@socket\\.io/)?component-emitter(/|$)';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...floors.slice(0, -1).map((files, i) => ({
      name: `floor-${i + 1}-imports-upwards`,
      comment: 'A file imports only from its own floor and the floors below.',
      severity: /** @type {const} */ ('error'),
      from: { path: files },
      to: { path: floors.slice(i + 1).flat() },
    })),
    {
      name: 'protocol-knows-no-connection',
      comment: 'The protocol is encoded and decoded without knowing how it travels.',
      severity: 'error',
      from: { path: '^src/protocol/' },
      to: { path: '^src/connection/' },
    },
    {
      name: 'no-circle',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'file-without-floor',
      comment: 'Give the file its floor in .dependency-cruiser.mjs.',
      severity: 'error',
      from: { path: '^src/', pathNot: housed },
      to: {},
    },
    {
      name: 'import-of-file-without-floor',
      comment: 'Give the file its floor in .dependency-cruiser.mjs.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^src/', pathNot: housed },
    },
    {
      name: 'engine-has-one-importer',
      comment: 'Only src/connection/engine.ts knows engine.io-client.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/connection/engine\\.ts$' },
      to: { path: engine },
    },
    {
      name: 'emitter-has-one-importer',
      comment: 'Only src/platform/emitter.ts knows component-emitter.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/platform/emitter\\.ts$' },
      to: { path: emitter },
    },
    {
      name: 'no-other-package',
      comment: 'The library runs in a browser and has two dependencies.',
      severity: 'error',
      from: { path: '^src/' },
      to: { pathNot: ['^src/', engine, emitter] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
