import { expect, it } from 'vitest';
import * as holdfast from '../../src/index.js';
import io from '../../src/script.js';

it('a script tag puts the functions of the module on io', () => {
  const { events, keep, listen, next, store } = holdfast;
  const expected = { events, keep, listen, next, store };
  for (const name of Object.keys(expected) as (keyof typeof expected)[]) {
    expect(io[name], name).toBe(expected[name]);
  }
});
