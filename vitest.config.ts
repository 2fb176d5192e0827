import type { ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = {
  test: {
    pool: 'forks',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 10_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Against real servers, in Node.
        test: {
          name: 'node',
          include: ['test/node/**/*.test.ts'],
          testTimeout: 20_000,
          hookTimeout: 20_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // The same programs with socket.io-client and with this library, in Node.
        test: {
          name: 'compat',
          include: ['test/compat/**/*.test.ts'],
          testTimeout: 20_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // One file at a time: a browser needs the machine for itself when times are measured.
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
};

export default config;
