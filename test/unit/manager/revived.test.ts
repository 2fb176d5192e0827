import { describe, expect, it } from 'vitest';
import { messages, useManagers } from '../../support/fake-managers.js';
import type { FakeTransport } from '../../support/fake-transports.js';

const fake = useManagers();

describe('a link whose heartbeat was overdue', () => {
  it.each<[string, (below: FakeTransport, probe: string) => void]>([
    ['the server’s ping', (below) => below.gives('ping')],
    ['a message', (below) => below.gives('message', '2["news"]')],
    [
      'the answer to the probe',
      (below, probe) => below.gives('message', `4${probe.slice(1)}{"message":"Invalid namespace"}`),
    ],
  ])('sends queued events in order and once, when %s shows that it is alive', async (_sign, live) => {
    const { manager, socket, below } = await fake.joined();
    const [ends, answers]: [string[], unknown[]] = [[], []];
    socket.on('disconnect', (reason) => ends.push(reason));
    fake.world.clock.sleep(60_000);
    socket.emit('first');
    socket.emit('second', (answer: unknown) => answers.push(answer));
    fake.world.clock.advance(0);
    const [probe = '', ...more] = await messages(below);
    expect([probe, more]).toEqual([expect.stringMatching(/^0\/.+,$/), []]);

    fake.world.clock.advance(10);
    live(below, probe);
    fake.world.clock.advance(1_000);
    expect(await messages(below)).toEqual(['2["first"]', '20["second"]']);
    below.gives('message', '30["yes"]');
    fake.world.clock.advance(10_000);
    expect([answers, ends, socket.sendBuffer, manager.status]).toEqual([['yes'], [], [], 'connected']);
    expect(await messages(below)).toEqual([]);
  });
});
