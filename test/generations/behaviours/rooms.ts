import { expect } from 'vitest';
import type { Socket } from '../../../src/socket/socket.js';
import type { Behaviour } from '../behaviour.js';
import type { Fixture } from '../fixture.js';

const collectTold = (fixture: Fixture, socket: Socket): string[] => {
  const words: string[] = [];
  socket.on('told', (client: string, word: string) => {
    if (client === fixture.client) words.push(word);
  });
  return words;
};

/** Runs an exchange between three clients, and returns what each received. */
async function withThreeClients(
  fixture: Fixture,
  exchange: (a: Socket, b: Socket, c: Socket) => Promise<void>,
): Promise<string[][]> {
  const [a, b, c] = await Promise.all([0, 1, 2].map(() => fixture.connected('/hall')));
  if (!a || !b || !c) throw new Error('unreachable');
  const heard = [a, b, c].map((socket) => collectTold(fixture, socket));
  await exchange(a, b, c);
  a.emit('tell everyone', fixture.client, 'end');
  // Everything broadcast before this answer has arrived when it comes.
  await fixture.ask(a, 'echo');
  for (const [index, socket] of [a, b, c].entries()) {
    while (!heard[index]?.includes('end')) await fixture.next(socket, 'told');
  }
  return heard.map((words) => words.filter((word) => word !== 'end'));
}

export const rooms: Behaviour[] = [
  {
    name: 'receives broadcasts to everyone, and to everyone else',
    async run(fixture) {
      const heard = await withThreeClients(fixture, async (a) => {
        a.emit('tell everyone', fixture.client, 'everyone');
        a.emit('tell the others', fixture.client, 'others');
      });
      expect(heard).toEqual([['everyone'], ['everyone', 'others'], ['everyone', 'others']]);
    },
  },
  {
    name: 'receives broadcasts to its room until it leaves',
    async run(fixture) {
      const room = `room of ${fixture.client}`;
      const heard = await withThreeClients(fixture, async (a, b) => {
        await fixture.ask(b, 'join', room);
        a.emit('tell the room', room, fixture.client, 'first');
        await fixture.ask(a, 'echo');
        await fixture.ask(b, 'leave', room);
        a.emit('tell the room', room, fixture.client, 'second');
      });
      expect(heard).toEqual([[], ['first'], []]);
    },
  },
  {
    name: 'receives broadcasts from another member of its room',
    async run(fixture) {
      const room = `room of ${fixture.client}`;
      const heard = await withThreeClients(fixture, async (a, b) => {
        await fixture.ask(a, 'join', room);
        await fixture.ask(b, 'join', room);
        a.emit('tell the others in the room', room, fixture.client, 'you');
      });
      expect(heard).toEqual([[], ['you'], []]);
    },
  },
];
