import { expect } from 'vitest';
import type { Socket } from '../../../src/socket/socket.js';
import type { Behaviour } from '../behaviour.js';
import type { Stage } from '../fixture.js';

const told = (stage: Stage, socket: Socket): string[] => {
  const words: string[] = [];
  socket.on('told', (who: string, word: string) => {
    if (who === stage.who) words.push(word);
  });
  return words;
};

/** Three clients; what each was told. */
async function hall(
  stage: Stage,
  talk: (a: Socket, b: Socket, c: Socket) => Promise<void>,
): Promise<string[][]> {
  const [a, b, c] = await Promise.all([0, 1, 2].map(() => stage.connected('/hall')));
  if (!a || !b || !c) throw new Error('There are three.');
  const heard = [a, b, c].map((socket) => told(stage, socket));
  await talk(a, b, c);
  a.emit('tell everyone', stage.who, 'end');
  // Behind an answer, all has arrived that was told before.
  await stage.ask(a, 'echo');
  for (const [index, socket] of [a, b, c].entries()) {
    while (!heard[index]?.includes('end')) await stage.next(socket, 'told');
  }
  return heard.map((words) => words.filter((word) => word !== 'end'));
}

export const rooms: Behaviour[] = [
  {
    name: 'hears what everyone is told, and what the others are told',
    async run(stage) {
      const heard = await hall(stage, async (a) => {
        a.emit('tell everyone', stage.who, 'everyone');
        a.emit('tell the others', stage.who, 'others');
      });
      expect(heard).toEqual([['everyone'], ['everyone', 'others'], ['everyone', 'others']]);
    },
  },
  {
    name: 'hears what its room is told, until it has left',
    async run(stage) {
      const room = `room of ${stage.who}`;
      const heard = await hall(stage, async (a, b) => {
        await stage.ask(b, 'join', room);
        a.emit('tell the room', room, stage.who, 'first');
        await stage.ask(a, 'echo');
        await stage.ask(b, 'leave', room);
        a.emit('tell the room', room, stage.who, 'second');
      });
      expect(heard).toEqual([[], ['first'], []]);
    },
  },
  {
    name: 'hears what the others in its room are told, by one who is in it',
    async run(stage) {
      const room = `room of ${stage.who}`;
      const heard = await hall(stage, async (a, b) => {
        await stage.ask(a, 'join', room);
        await stage.ask(b, 'join', room);
        a.emit('tell the others in the room', room, stage.who, 'you');
      });
      expect(heard).toEqual([[], ['you'], []]);
    },
  },
];
