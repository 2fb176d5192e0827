import type { Fixture } from './fixture.js';
import type { Outcome, Scenario, Side } from './scenario.js';
import { alternateWarm, type Count, connected, costMs, countOf, withTrafficServer } from './traffic.js';

/** Measures what a contract costs with valibot, beside a listener that calls the same schema itself. */

declare global {
  interface Window {
    /** The schema of a small message. */
    schema?: { readonly '~standard': { validate(value: unknown): unknown } };
  }
}

/** Brings valibot and a contract to a page of holdfast. */
const PROGRAM = `
  import { contract } from '/dist/browser/production/plugins/contract/index.js';
  import * as v from '/node_modules/valibot/dist/index.mjs';
  const schema = v.object({ id: v.number(), text: v.string() });
  const any = { args: [v.any(), v.any()] };
  const toServer = { message: any, flood: any, question: { ...any, ack: v.any() } };
  const plugin = () => contract({ toServer, fromServer: { message: { args: [schema] } } });
`;

/** In a page: requests small messages, and waits for the last one. Without a contract, the listener calls the schema. */
function receiveChecked({ count, asks }: { count: number; asks: boolean }): Promise<void> {
  const { traffic, schema } = window;
  return new Promise((resolve) => {
    let received = 0;
    traffic.receive = (message) => {
      if (asks) schema?.['~standard'].validate(message);
      received += 1;
      if (received === count) resolve();
    };
    traffic.flood('small', count);
  });
}

const messages: Count = { full: 4_000, quick: 2_000 };

const run = (fixture: Fixture): Promise<Outcome> =>
  withTrafficServer(async (addresses) => {
    const pageOf = (members: string) =>
      connected(fixture, 'holdfast', addresses, `${PROGRAM} Object.assign(window, ${members});`);
    const [holdfast, bare] = await Promise.all([
      pageOf('{ plugin, schema, ready: true }'),
      pageOf('{ schema, ready: true }'),
    ]);
    const count = countOf(fixture, messages);
    const measure = (side: Exclude<Side, 'official'>) => async () => {
      const measured = { holdfast, bare }[side];
      const act = (): Promise<void> =>
        measured.page.evaluate(receiveChecked, { count, asks: side === 'bare' });
      return ((await costMs(measured, act)) * 1_000) / count;
    };
    return alternateWarm(fixture.rounds, { holdfast: measure('holdfast'), bare: measure('bare') });
  });

export const checking: readonly Scenario[] = [
  {
    name: 'contract.small',
    unit: 'µs per message',
    about:
      'main-thread CPU time to receive a message with a small object over WebSocket, which a contract checks by a schema of valibot',
    target: { bareRatio: 1.2 },
    against: 'bare',
    bare: 'holdfast without the contract, with a listener that asks the same schema',
    run,
  },
];
