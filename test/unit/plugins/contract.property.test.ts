import fc from 'fast-check';
import { afterAll, expect, it, vi } from 'vitest';
import { checkReply, InvalidError, isPromise } from '../../../src/plugins/contract/check.js';
import { contract, type Schema } from '../../../src/plugins/contract/index.js';
import { serve } from '../../../src/plugins/contract/server.js';
import { createTestServer } from '../../../src/testing/index.js';
import { joinedSocket } from '../../support/wired-socket.js';

/** Malicious answers. None of them may throw, and every waiting call must get an outcome. */

// Many runs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

const number: Schema<number, number> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'number' ? { value } : { issues: [{ message: `no number: ${typeof value}` }] },
  },
};

/** Values that resemble a refusal, with parts of any kind. */
const forgery = (part: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => {
  const path = fc.oneof(part, fc.array(fc.oneof(fc.string(), fc.integer(), part), { maxLength: 4 }));
  const message = fc.oneof(part, fc.string());
  const issue = fc.oneof(part, fc.record({ message, path }, { requiredKeys: [] }));
  const issues = fc.oneof(part, fc.array(issue, { maxLength: 4 }));
  const code = fc.oneof({ weight: 9, arbitrary: fc.constant('INVALID') }, { weight: 1, arbitrary: part });
  return fc.oneof(part, fc.record({ code, issues, message }, { requiredKeys: [] }));
};

/** Nothing of it survives JSON; other parsers and test kits may pass it on. */
const trap = fc.constantFrom<() => unknown>(
  () => Symbol('trap'),
  () => Object.create(null),
  () => {
    const cycle: { self?: unknown }[] = [{}];
    (cycle[0] as { self?: unknown }).self = cycle;
    return cycle;
  },
  () =>
    Object.defineProperty({}, 'message', {
      enumerable: true,
      get() {
        throw Object.create(null);
      },
    }),
  () =>
    new Proxy([], {
      get() {
        throw new Error('a trap');
      },
    }),
  () => ({
    toString() {
      throw new Error('a trap');
    },
  }),
);
const anything = fc.oneof(
  fc.anything({ withBigInt: true, withNullPrototype: true }),
  trap.map((make) => make()),
);

/** As it arrives: -0 is 0. */
const json = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)));

it('no answer makes the check throw, and every error says something', () => {
  const throwing: Schema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate(value) {
        throw value;
      },
    },
  };
  fc.assert(
    fc.property(forgery(anything), fc.constantFrom(undefined, number, throwing), (answer, schema) => {
      const outcome = checkReply('ask', schema, answer);
      if (isPromise(outcome)) throw new Error('It is synchronous.');
      if (!(outcome instanceof InvalidError)) return;
      expect(typeof outcome.message).toBe('string');
      expect(outcome.message.length).toBeLessThan(2_000);
      for (const { message, path } of outcome.issues) {
        expect(typeof message).toBe('string');
        expect(path.every((key) => ['string', 'number'].includes(typeof key))).toBe(true);
      }
    }),
    { numRuns: 3_000 },
  );
});

it('an awaited emit ends with the number, or with INVALID, whatever the server answers', async () => {
  await fc.assert(
    fc.asyncProperty(forgery(json), async (answer) => {
      const { socket, wire } = joinedSocket({ plugins: [contract({ toServer: { ask: { ack: number } } })] });
      const outcome = socket.emitWithAck('ask').catch(({ code }: { code: unknown }) => code);
      wire.receive(`30${JSON.stringify([answer])}`);
      expect(await outcome).toEqual(typeof answer === 'number' ? answer : 'INVALID');
    }),
    { numRuns: 300 },
  );
});

const { server, io } = createTestServer();
afterAll(() => server.close());

it('the same on the server, whatever a client answers', async () => {
  serve(server as never, contract({ fromServer: { ask: { ack: number } } }));
  const socket = io();
  await socket.ready();
  const [remote] = await server.fetchSockets();
  await fc.assert(
    fc.asyncProperty(forgery(json), async (answer) => {
      socket.off('ask').on('ask', (reply: (value: unknown) => void) => reply(answer));
      const outcome = await remote?.emitWithAck('ask').catch(({ code }: { code: unknown }) => code);
      expect(outcome).toEqual(typeof answer === 'number' ? answer : 'INVALID');
    }),
    { numRuns: 300 },
  );
});
