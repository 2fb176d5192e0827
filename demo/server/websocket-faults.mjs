// What a network can do to WebSocket while it lets long-polling through.

/** The connections that stand are reset, for otherwise nobody would meet what is wrong with new ones. */
export const meet = (
  /** @type {import('./faults.mjs').Scene} */ { each },
  /** @type {(proxy: import('./faults.mjs').Proxy) => import('./faults.mjs').Dispose} */ apply,
) => {
  const undo = each(apply);
  each((proxy) => proxy.cut());
  return undo;
};

/** @type {(fault: Pick<import('./faults.mjs').Fault, 'id' | 'label' | 'hint' | 'lab' | 'needsPolling'>, apply: (proxy: import('./faults.mjs').Proxy) => import('./faults.mjs').Dispose) => import('./faults.mjs').Fault} */
const webSocket = (fault, apply) => ({
  ...fault,
  group: 'websocket',
  lasts: 'switch',
  insteadOf: 'websocket',
  strike: (scene) => meet(scene, apply),
});

export const webSocketFaults = [
  webSocket(
    {
      id: 'ws-403',
      label: 'Refused (403)',
      hint: 'As behind a strict proxy or firewall.',
      lab: ['upgrades refused (403)'],
      needsPolling: true,
    },
    (proxy) => proxy.refuseUpgrades({ status: 403 }),
  ),
  webSocket(
    {
      id: 'ws-400',
      label: 'Refused (400)',
      hint: 'As behind nginx without the headers for upgrades.',
      lab: ['upgrades refused (400)', 'nginx without upgrade headers'],
      needsPolling: true,
    },
    (proxy) => proxy.refuseUpgrades({ status: 400 }),
  ),
  webSocket(
    {
      id: 'ws-hang',
      label: 'Hangs',
      hint: 'As behind a proxy that swallows what it does not understand: no answer, ever.',
      lab: ['upgrades swallowed'],
      needsPolling: true,
    },
    (proxy) => proxy.swallowUpgrades(),
  ),
  webSocket(
    {
      id: 'ws-slow',
      label: 'Slow to open',
      hint: 'It opens 1.5 s late.',
      lab: ['upgrades slow (1.5 s)'],
      needsPolling: true,
    },
    (proxy) => proxy.holdUpgrades(1_500),
  ),
  webSocket(
    {
      id: 'ws-mute',
      label: 'Mute',
      hint: 'It opens, and not even the handshake comes.',
      lab: ['WebSocket opens, then silence'],
      needsPolling: true,
    },
    (proxy) => proxy.silenceUpgrades(),
  ),
  webSocket(
    {
      id: 'ws-deaf',
      label: 'Deaf',
      hint: 'The handshake comes through and nothing after it, in either direction.',
      lab: ['WebSocket deaf after the handshake', 'WebSocket deaf, heartbeat of 1.2 s'],
      needsPolling: true,
    },
    (proxy) => proxy.deafenUpgrades(),
  ),
  webSocket(
    {
      id: 'ws-reset',
      label: 'Reset on first word',
      hint: 'It opens, and is reset as soon as the page says anything.',
      lab: ['WebSocket reset at the first message'],
      needsPolling: true,
    },
    (proxy) => proxy.deafenUpgrades('reset'),
  ),
];
