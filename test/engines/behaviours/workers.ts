import { expect } from 'vitest';
import type { Behaviour } from '../../generations/behaviour.js';
import type { Stage } from '../../generations/fixture.js';

interface Answer {
  readonly answer?: unknown;
  readonly transport?: string;
  readonly error?: string;
}

/** Talks to the server from within a worker; see `page/worker.js`. */
async function talkIn(worker: Pick<MessagePort, 'postMessage'>, stage: Stage): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const answered = new Promise<Answer>((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
  });
  const options = { transports: [stage.transport], query: { who: stage.who } };
  worker.postMessage({ url: stage.url, options, word: 'from a worker' }, [port2]);
  expect(await answered).toEqual({ answer: 'from a worker', transport: stage.transport });
  port1.close();
}

export const workers: Behaviour[] = [
  {
    name: 'talks in a dedicated worker',
    async run(stage) {
      const worker = new Worker('/worker.js');
      await talkIn(worker, stage);
      worker.terminate();
    },
  },
  {
    name: 'talks in a shared worker',
    async run(stage) {
      await talkIn(new SharedWorker('/worker.js').port, stage);
    },
  },
];
