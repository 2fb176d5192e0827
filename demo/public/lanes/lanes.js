// holdfast and the official client, side by side. Each has its own connection through its own proxy, so that each
// fault affects both at the same moment. The same program uses both.

import { io as officialIo } from '/socket.io.esm.min.js';
import { byId, el } from '../shared/dom.js';
import { createLane } from './lane.js';
import { KEPT_MS, watchClient } from './probe.js';
import { mountTry } from './try.js';

const REDRAWN_EVERY_MS = 200;

export function mountLanes(config, server) {
  const { path, socketUrl, officialUrl, officialOptions } = config;
  const options = (lane) => ({
    path,
    forceNew: true,
    // Distinguishes these two from the page's own connection in the network tools.
    query: { lane },
    // The server counts the notes of each.
    auth: { id: Math.random().toString(36).slice(2) },
  });

  const holdfast = io(`${socketUrl}/probe`, options('holdfast'));
  const official = officialIo(`${officialUrl}/probe`, { ...options('official'), ...officialOptions });
  const lanes = [
    {
      name: 'holdfast',
      version: 'defaults',
      probe: watchClient({ socket: holdfast, transport: () => holdfast.io.transport }),
    },
    {
      name: 'socket.io-client',
      version: '4.8.4, defaults',
      probe: watchClient({ socket: official, transport: () => official.io.engine?.transport?.name }),
    },
  ].map(({ name, version, probe }) => ({ name, probe, lane: createLane({ name, version, probe }) }));
  const hero = mountTry(lanes, server);

  let marks = [];
  server.onFault(({ id, phase, at }) => {
    const { label, closed, later } = config.faults.find((fault) => fault.id === id);
    if (phase === 'started') marks = [...marks.filter((mark) => mark > Date.now() - KEPT_MS), at];
    for (const { probe } of lanes) {
      if (phase === 'started') probe.faultStarted({ at, label, closed, later });
      else probe.faultEnded({ at });
    }
    show();
  });

  function show() {
    for (const { lane } of lanes) lane.show(marks);
    hero.show();
  }

  byId('lanes').replaceChildren(...lanes.map(({ lane }) => lane.element));
  byId('legend').replaceChildren(legend());
  show();
  setInterval(show, REDRAWN_EVERY_MS);
}

function legend() {
  const entries = [
    ['websocket', 'answers over WebSocket'],
    ['polling', 'answers over long-polling'],
    ['unresponsive', 'says “connected”, but gets no answers'],
    ['disconnected', 'disconnected'],
    ['mark', 'a fault started'],
  ];
  return el(
    'ul',
    { className: 'legend', ariaLabel: 'Legend of the strips' },
    ...entries.map(([state, label]) => el('li', {}, el('i', { dataset: { state } }), label)),
  );
}
