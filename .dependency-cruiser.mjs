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
  ['^src/create-io\\.ts$', '^src/event-stream\\.ts$'],
  ['^src/io\\.ts$'],
  ['^src/(index|core|typed-events|script|script-msgpack)\\.ts$', '^src/plugins/inspector/script\\.ts$'],
];

const housed = floors.flat();

/** These import the type of the manager from above. The rule below allows them nothing else. */
const MANAGER_BY_TYPE = '^src/socket/socket\\.ts$';

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
      // Said openly: the sockets' types name the manager that they belong to, and nothing of it is imported at run time.
      from: { path: files, pathNot: MANAGER_BY_TYPE },
      to: { path: floors.slice(i + 1).flat() },
    })),
    {
      name: 'socket-imports-upwards',
      comment: 'A socket knows the type of its manager, and imports nothing else from above.',
      severity: 'error',
      from: { path: MANAGER_BY_TYPE },
      to: { path: floors.slice(5).flat(), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-circle',
      severity: 'error',
      from: { path: '^src/' },
      // Types may name each other across floors; what runs may not.
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
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
      name: 'engine-has-one-room',
      comment:
        'Only src/session/transports knows engine.io-client; src/index.ts passes its transport classes on.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(session/transports/|index\\.ts$)' },
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
      // The script with msgpack built in.
      from: { path: '^src/', pathNot: '^src/script-msgpack\\.ts$' },
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
