// holdfast and the official client, side by side: each with a connection of its own through a proxy of the same kind, so
// that each fault strikes both at the same moment. The program that uses them is the same.

import { io as officialIo } from '/socket.io.esm.min.js';
import { byId, el } from '../shared/dom.js';
import { createLane } from './lane.js';
import { KEPT_MS, watchClient } from './probe.js';

const REDRAWN_EVERY_MS = 200;

export function mountLanes(config, server) {
  const { path, socketUrl, officialUrl, officialOptions } = config;
  // `query` is only for whoever looks at the network: it tells these two from the page's own connection.
  const options = (lane) => ({ path, forceNew: true, query: { lane } });

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
  ].map(({ name, version, probe }) => ({ probe, lane: createLane({ name, version, probe }) }));

  let marks = [];
  server.onFault(({ id, phase, at }) => {
    const { label, closed, later } = config.faults.find((fault) => fault.id === id);
    if (phase === 'struck') marks = [...marks.filter((mark) => mark > Date.now() - KEPT_MS), at];
    for (const { probe } of lanes) {
      if (phase === 'struck') probe.struck({ at, label, closed, later });
      else probe.ended({ at });
    }
    show();
  });

  function show() {
    for (const { lane } of lanes) lane.show(marks);
  }

  byId('lanes').replaceChildren(...lanes.map(({ lane }) => lane.element), legend());
  show();
  setInterval(show, REDRAWN_EVERY_MS);
}

function legend() {
  const entries = [
    ['websocket', 'answers over WebSocket'],
    ['polling', 'answers over long-polling'],
    ['mute', 'says connected, but no answers'],
    ['away', 'away'],
  ];
  return el(
    'ul',
    { className: 'legend', ariaLabel: 'What the strips show' },
    ...entries.map(([state, words]) => el('li', {}, el('i', { dataset: { state } }), words)),
    el('li', {}, el('i', { dataset: { state: 'mark' } }), 'a fault struck'),
    el('li', {}, 'lost: the program was told that no answer will come'),
  );
}
