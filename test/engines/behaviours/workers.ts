import { expect } from 'vitest';
import type { Behaviour } from '../../generations/behaviour.js';
import type { Fixture } from '../../generations/fixture.js';

interface Answer {
  readonly answer?: unknown;
  readonly transport?: string;
  readonly error?: string;
}

/** Exchanges a message with the server from within a worker; see `page/worker.js`. */
async function exchangeIn(worker: Pick<MessagePort, 'postMessage'>, fixture: Fixture): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const answered = new Promise<Answer>((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
  });
  const options = { transports: [fixture.transport], query: { client: fixture.client } };
  worker.postMessage({ url: fixture.url, options, word: 'from a worker' }, [port2]);
  expect(await answered).toEqual({ answer: 'from a worker', transport: fixture.transport });
  port1.close();
}

export const workers: Behaviour[] = [
  {
    name: 'works in a dedicated worker',
    async run(fixture) {
      const worker = new Worker('/worker.js');
      await exchangeIn(worker, fixture);
      worker.terminate();
    },
  },
  {
    name: 'works in a shared worker',
    async run(fixture) {
      await exchangeIn(new SharedWorker('/worker.js').port, fixture);
    },
  },
];
