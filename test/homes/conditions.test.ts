import { expect, inject, test } from 'vitest';
import { run } from '../support/run.js';

/** Each tool selects the build for its platform and for its mode. */

const browser = { production: 'browser/production', development: 'browser/development' };
const web = { production: 'web/production' };
const node = { production: 'node/production', development: 'node/development' };

const expected: Readonly<Record<string, string>> = {
  'node: import': node.production,
  'node: import, development': node.development,
  'node: require': `cjs/${node.production}`,
  'node: require, development': `cjs/${node.development}`,
  'esbuild: import': browser.production,
  'esbuild: require': `cjs/${browser.production}`,
  'esbuild: development': browser.development,
  'esbuild: for Node': node.production,
  Deno: web.production,
  Bun: web.production,
  'Cloudflare Workers': web.production,
  'edge functions': web.production,
  'edge functions of Next': web.production,
  'React Native': browser.production,
  'an Electron window': browser.production,
  'rollup: production': browser.production,
  'rollup: development': browser.development,
  'vite: production': browser.production,
  'vite: development': browser.development,
  'webpack: web, production': browser.production,
  'webpack: web, development': browser.development,
  'webpack: webworker, production': browser.production,
  'webpack: webworker, development': browser.development,
  'webpack: node, production': node.production,
  'webpack: node, development': node.development,
};

test('tools select the build for browsers or for Node, for production or for development', async () => {
  const { code, stdout, stderr } = await run(
    process.execPath,
    ['builders/selected-builds.mjs'],
    inject('project').folder,
  );
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toEqual(expected);
});
