/** The parts of Vitest that the examples of the page on testing use: `test` runs at once, one after the other, and prints its outcome. */
import { JestAsymmetricMatchers, JestChaiExpect, JestExtend } from '@vitest/expect';
import * as chai from 'chai';
import { described } from './describe.js';

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

export const expect: Chai.ExpectStatic = chai.expect;

let last: Promise<void> = Promise.resolve();

export function test(name: string, run: () => unknown): void {
  last = last.then(async () => {
    try {
      await run();
      console.log(`✓ ${name}`);
    } catch (error) {
      console.error(`✗ ${name}: ${described(error)}`);
    }
  });
}
