import { expect } from 'vitest';
import type { Socket } from '../../../src/socket/socket.js';
import type { Behaviour } from '../../generations/behaviour.js';

/** Reactions to events of the page's lifecycle. These events reach the whole page, so the cases run one after another. */

const dispatch = (source: EventTarget, event: Event): void => void source.dispatchEvent(event);
const page = (type: 'pagehide' | 'pageshow', persisted: boolean): Event =>
  new PageTransitionEvent(type, { persisted });

/** When a server has answered a probe, silence is proof that the connection is dead. */
const probed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.io.engine.on('packet', ({ data }: { data?: unknown }) => {
      if (String(data).startsWith('4/holdfast-probe')) resolve();
    });
    dispatch(window, new Event('online'));
  });

/** Delays so long that no retry comes during the test. */
const slowRetries = { reconnectionDelay: 60_000, reconnectionDelayMax: 60_000 };

export const pageLife: Behaviour[] = (
  [
    {
      name: 'keeps a working connection when the browser reports offline',
      async run(fixture) {
        const socket = await fixture.connected();
        const { id } = socket;
        dispatch(window, new Event('offline'));
        expect(await fixture.ask(socket, 'echo', 1)).toEqual([1]);
        dispatch(window, new Event('online'));
        expect(await fixture.ask(socket, 'echo', 2)).toEqual([2]);
        expect(socket.id).toBe(id);
      },
    },
    {
      name: 'reconnects immediately on `online`, regardless of the backoff',
      async run(fixture) {
        const socket = await fixture.connected('/', slowRetries);
        const left = fixture.next(socket, 'disconnect');
        await fixture.network.down();
        await left;
        await fixture.network.up();
        const back = fixture.next(socket, 'connect');
        dispatch(window, new Event('online'));
        await back;
        expect(await fixture.ask(socket, 'echo', 1)).toEqual([1]);
      },
    },
    {
      name: 'detects a dead connection when the page becomes visible, and reconnects within seconds',
      async run(fixture) {
        const socket = await fixture.connected();
        await probed(socket);
        await fixture.network.blackhole();
        const left = fixture.next(socket, 'disconnect');
        const back = left.then(() => fixture.next(socket, 'connect'));
        dispatch(document, new Event('visibilitychange'));
        expect((await left)[0]).toBe('ping timeout');
        await back;
        expect(await fixture.ask(socket, 'echo', 2)).toEqual([2]);
      },
    },
    {
      name: 'detects a dead connection when a frozen page is resumed (`resume`)',
      async run(fixture) {
        const socket = await fixture.connected();
        await probed(socket);
        await fixture.network.blackhole();
        const left = fixture.next(socket, 'disconnect');
        dispatch(document, new Event('resume'));
        expect((await left)[0]).toBe('ping timeout');
      },
    },
    {
      name: 'keeps a responsive connection when the page becomes visible',
      async run(fixture) {
        const socket = await fixture.connected();
        const { id } = socket;
        dispatch(document, new Event('visibilitychange'));
        // When this answer arrives, the server has also answered the earlier probe.
        expect(await fixture.ask(socket, 'echo', 1)).toEqual([1]);
        expect([socket.id, socket.io.status]).toEqual([id, 'connected']);
      },
    },
    {
      name: 'closes when the page enters the back/forward cache, and reconnects when it returns',
      async run(fixture) {
        const socket = await fixture.connected('/', slowRetries);
        const left = fixture.next(socket, 'disconnect');
        dispatch(window, page('pagehide', true));
        await left;
        expect(socket.io.engine.readyState).toBe('closed');
        const back = fixture.next(socket, 'connect');
        dispatch(window, page('pageshow', true));
        await back;
        expect(await fixture.ask(socket, 'echo', 1)).toEqual([1]);
      },
    },
    {
      name: 'sends events emitted in the back/forward cache after the page returns',
      async run(fixture) {
        const socket = await fixture.connected('/', slowRetries);
        const left = fixture.next(socket, 'disconnect');
        dispatch(window, page('pagehide', true));
        await left;
        socket.emit('number', 7);
        const back = fixture.next(socket, 'connect');
        dispatch(window, page('pageshow', true));
        await back;
        expect((await fixture.record(socket)).numbers).toEqual([7]);
      },
    },
    {
      name: 'stays connected on `pageshow` without the back/forward cache',
      async run(fixture) {
        const socket = await fixture.connected();
        const { id } = socket;
        dispatch(window, page('pageshow', false));
        expect(await fixture.ask(socket, 'echo', 1)).toEqual([1]);
        expect(socket.id).toBe(id);
      },
    },
  ] satisfies Behaviour[]
).map((behaviour) => ({ ...behaviour, exclusive: true }));
