import { expect, it } from 'vitest';
import * as holdfast from '../../src/index.js';
import io from '../../src/script.js';

it('a script tag has the functions of the module on io', () => {
  for (const name of ['events', 'keep', 'listen', 'next', 'store'] as const) {
    expect(io[name], name).toBe(holdfast[name]);
  }
});
