// Stores the cluster's whiteboards, and which notes have arrived, in Redis, so that all nodes share them. See server/whiteboard-store.mjs for the interface.

import { MAX_STROKES } from '../server/whiteboard-store.mjs';

const KEPT_MESSAGES = 200;
/** Boards that are unused for a day are deleted. */
const KEPT_SECONDS = 86_400;

/** @param {any} redis  a client of @redis/client */
export function createRedisStore(redis) {
  const keys = (board) => {
    const key = (part) => `holdfast-demo:${board}:${part}`;
    return {
      strokes: key('strokes'),
      gone: key('gone'),
      seq: key('seq'),
      messages: key('messages'),
      known: key('known'),
    };
  };
  const keep = (board) =>
    Promise.all(Object.values(keys(board)).map((key) => redis.expire(key, KEPT_SECONDS)));

  async function strokesOf(board) {
    const values = await redis.hVals(keys(board).strokes);
    return values
      .map((json) => JSON.parse(json))
      .map((stroke) => ({ ...stroke, points: Buffer.from(stroke.points, 'base64') }))
      .sort((one, other) => one.seq - other.seq);
  }

  return {
    async addStroke(board, stroke) {
      const { strokes, gone, seq } = keys(board);
      const known = await redis.hGet(strokes, stroke.id);
      if (known) return { seq: JSON.parse(known).seq, isNew: false };
      if (await redis.sIsMember(gone, stroke.id)) return { seq: 0, isNew: false };
      if ((await redis.hLen(strokes)) >= MAX_STROKES) return undefined;
      const number = await redis.incr(seq);
      const json = JSON.stringify({ ...stroke, points: stroke.points.toString('base64'), seq: number });
      const isNew = Boolean(await redis.hSetNX(strokes, stroke.id, json));
      await keep(board);
      return { seq: number, isNew };
    },
    async removeStroke(board, id, by) {
      const { strokes, gone } = keys(board);
      const known = await redis.hGet(strokes, id);
      if (known && JSON.parse(known).by !== by) return false;
      await redis.sAdd(gone, id);
      return Boolean(await redis.hDel(strokes, id));
    },
    async clear(board, upTo) {
      const { strokes, gone } = keys(board);
      const ids = (await strokesOf(board)).filter(({ seq }) => seq <= upTo).map(({ id }) => id);
      if (ids.length === 0) return;
      await redis.sAdd(gone, ids);
      await redis.hDel(strokes, ids);
    },
    async addMessage(board, message) {
      const { messages, known } = keys(board);
      if (!(await redis.sAdd(known, message.id))) return false;
      await redis.rPush(messages, JSON.stringify(message));
      await redis.lTrim(messages, -KEPT_MESSAGES, -1);
      await keep(board);
      return true;
    },
    async addNote(id, number) {
      const key = `holdfast-demo:notes:${id}`;
      await redis.zAdd(key, { score: number, value: String(number) });
      await redis.expire(key, 600);
    },
    async notes(id) {
      const key = `holdfast-demo:notes:${id}`;
      const [received, [highest = 0]] = await Promise.all([redis.zCard(key), redis.zRange(key, -1, -1)]);
      return { highest: Number(highest), received };
    },
    strokes: strokesOf,
    async messages(board) {
      return (await redis.lRange(keys(board).messages, 0, -1)).map((json) => JSON.parse(json));
    },
  };
}
