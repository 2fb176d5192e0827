import type { ViteUserConfig } from 'vitest/config';
import { patiently } from './test/support/waiting.js';

const patience = { expect: { poll: patiently } };

const config: ViteUserConfig = {
  test: {
    pool: 'forks',
    projects: [
      {
        test: {
          ...patience,
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Against real servers, in Node.
        test: {
          ...patience,
          name: 'node',
          include: ['test/node/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // The same programs with socket.io-client and with this library, in Node.
        test: {
          ...patience,
          name: 'compat',
          include: ['test/compat/**/*.test.ts'],
          testTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Mutated sessions over simulated transports; see test/fuzz/fuzz.test.ts for how many and which.
        test: {
          ...patience,
          name: 'fuzz',
          include: ['test/fuzz/**/*.test.ts'],
          testTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Servers that mean harm.
        test: {
          ...patience,
          name: 'malice',
          include: ['test/malice/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // One program against servers of every generation, many at a time, and no other files beside it: old servers are known by when they answer. See test/generations/generations.test.ts.
        test: {
          ...patience,
          name: 'generations',
          include: ['test/generations/**/*.test.ts'],
          globalSetup: ['scripts/generations.mjs'],
          testTimeout: 60_000,
          // python-socketio may have to be installed first.
          hookTimeout: 180_000,
          maxConcurrency: 20,
          maxWorkers: 1,
          sequence: { groupOrder: 7 },
        },
      },
      {
        // Random programs over a random network, against a model; see test/model/delivery.ts for how many.
        test: {
          ...patience,
          name: 'model',
          include: ['test/model/**/*.test.ts'],
          testTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Every fault in every situation, many at a time, and no other tests beside them: almost all of them wait. See test/faults/faults.test.ts.
        test: {
          ...patience,
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          testTimeout: 60_000,
          // Middleboxes may have to be installed first.
          hookTimeout: 180_000,
          maxConcurrency: 10,
          maxWorkers: 1,
          sequence: { groupOrder: 6 },
        },
      },
      {
        // Against a real server over HTTP/3, in Deno; many at a time. See test/webtransport/web-transport.test.ts.
        test: {
          ...patience,
          name: 'webtransport',
          include: ['test/webtransport/**/*.test.ts'],
          testTimeout: 60_000,
          // Deno may have to be installed first.
          hookTimeout: 180_000,
          maxConcurrency: 6,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      {
        // Many clients of several nodes, which come and go; see test/cluster/cluster.test.ts.
        test: {
          ...patience,
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          testTimeout: 60_000,
          // Nginx and Redis may have to be installed first.
          hookTimeout: 180_000,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      {
        // Every block of code in README and docs, and every link between them; see test/docs/support/blocks.ts.
        test: {
          ...patience,
          name: 'docs',
          include: ['test/docs/*.test.ts'],
          globalSetup: 'test/docs/support/prepare.ts',
          testTimeout: 60_000,
          // Redis may have to be installed first.
          hookTimeout: 180_000,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      {
        // The bindings in their real frameworks, and contracts with real libraries of schemas; see test/frameworks/support/prepare.ts.
        test: {
          ...patience,
          name: 'frameworks',
          include: ['test/frameworks/*.test.ts'],
          globalSetup: 'test/frameworks/support/prepare.ts',
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      {
        // Three files side by side: most of them wait most of the time.
        test: {
          ...patience,
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['scripts/generations.mjs'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // One page of behaviours in three browser engines at the same time, and nothing else beside them. See test/engines/engines.test.ts.
        test: {
          ...patience,
          name: 'engines',
          include: ['test/engines/**/*.test.ts'],
          globalSetup: ['scripts/generations.mjs'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          sequence: { groupOrder: 5 },
        },
      },
      {
        // What can happen to the tabs that share a connection, in three browser engines. See test/tabs/matrix.ts. Two at a time: where the machine
        // is too busy, a worker seems to hang and is replaced.
        test: {
          ...patience,
          name: 'tabs',
          include: ['test/tabs/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          maxConcurrency: 2,
          maxWorkers: 1,
          sequence: { groupOrder: 8 },
        },
      },
      {
        // What people see, in three browser engines. See test/visual/visual.test.ts.
        test: {
          ...patience,
          name: 'visual',
          include: ['test/visual/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // The packed package where programs live: see test/homes/support/prepare.ts.
        test: {
          ...patience,
          name: 'homes',
          include: ['test/homes/*.test.ts'],
          globalSetup: 'test/homes/support/prepare.ts',
          testTimeout: 120_000,
          hookTimeout: 60_000,
          // Bundlers and compilers take the whole machine; pages and servers wait.
          maxWorkers: 2,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
};

export default config;
