import { expect } from 'vitest';
import type { Behaviour } from '../../generations/behaviour.js';

/** What the page's browser tells of it. Each is told to the whole page, so these are played one after another. */

const tell = (source: EventTarget, event: Event): void => void source.dispatchEvent(event);
const page = (type: 'pagehide' | 'pageshow', persisted: boolean): Event =>
  new PageTransitionEvent(type, { persisted });

/** A retry that would come far too late. */
const patient = { reconnectionDelay: 60_000, reconnectionDelayMax: 60_000 };

export const pageLife: Behaviour[] = (
  [
    {
      name: 'keeps a connection that works where the browser believes to be offline',
      async run(stage) {
        const socket = await stage.connected();
        const { id } = socket;
        tell(window, new Event('offline'));
        expect(await stage.ask(socket, 'echo', 1)).toEqual([1]);
        tell(window, new Event('online'));
        expect(await stage.ask(socket, 'echo', 2)).toEqual([2]);
        expect(socket.id).toBe(id);
      },
    },
    {
      name: 'comes back at once when the browser is online again, whatever the backoff says',
      async run(stage) {
        const socket = await stage.connected('/', patient);
        const left = stage.next(socket, 'disconnect');
        await stage.network.down();
        await left;
        await stage.network.up();
        const back = stage.next(socket, 'connect');
        tell(window, new Event('online'));
        await back;
        expect(await stage.ask(socket, 'echo', 1)).toEqual([1]);
      },
    },
    {
      name: 'finds a ghost when the page is looked at again, and has a new connection in seconds',
      async run(stage) {
        const socket = await stage.connected();
        await stage.ask(socket, 'echo', 1);
        await stage.network.strand();
        const left = stage.next(socket, 'disconnect');
        const back = left.then(() => stage.next(socket, 'connect'));
        tell(document, new Event('visibilitychange'));
        expect((await left)[0]).toBe('ping timeout');
        await back;
        expect(await stage.ask(socket, 'echo', 2)).toEqual([2]);
      },
    },
    {
      name: 'finds a ghost after the page was thawed (`resume`)',
      async run(stage) {
        const socket = await stage.connected();
        await stage.ask(socket, 'echo', 1);
        await stage.network.strand();
        const left = stage.next(socket, 'disconnect');
        tell(document, new Event('resume'));
        expect((await left)[0]).toBe('ping timeout');
      },
    },
    {
      name: 'keeps a connection that answers when the page is looked at again',
      async run(stage) {
        const socket = await stage.connected();
        const { id } = socket;
        tell(document, new Event('visibilitychange'));
        // The server was asked, and has answered, when it answers what is asked behind it.
        expect(await stage.ask(socket, 'echo', 1)).toEqual([1]);
        expect([socket.id, socket.io.status]).toEqual([id, 'connected']);
      },
    },
    {
      name: 'closes when the page goes into the back/forward cache, and comes back with it',
      async run(stage) {
        const socket = await stage.connected('/', patient);
        const left = stage.next(socket, 'disconnect');
        tell(window, page('pagehide', true));
        await left;
        expect(socket.io.engine.readyState).toBe('closed');
        const back = stage.next(socket, 'connect');
        tell(window, page('pageshow', true));
        await back;
        expect(await stage.ask(socket, 'echo', 1)).toEqual([1]);
      },
    },
    {
      name: 'sends after the back/forward cache what was emitted in it',
      async run(stage) {
        const socket = await stage.connected('/', patient);
        const left = stage.next(socket, 'disconnect');
        tell(window, page('pagehide', true));
        await left;
        socket.emit('number', 7);
        const back = stage.next(socket, 'connect');
        tell(window, page('pageshow', true));
        await back;
        expect((await stage.account(socket)).numbers).toEqual([7]);
      },
    },
    {
      name: 'stays where a page is shown that was not in the cache',
      async run(stage) {
        const socket = await stage.connected();
        const { id } = socket;
        tell(window, page('pageshow', false));
        expect(await stage.ask(socket, 'echo', 1)).toEqual([1]);
        expect(socket.id).toBe(id);
      },
    },
  ] satisfies Behaviour[]
).map((behaviour) => ({ ...behaviour, alone: true }));
