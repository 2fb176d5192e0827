// Faults that affect WebSocket but let long-polling through.

/** Applies a fault for new connections, and resets the open ones so that clients encounter it. */
export const applyAndCut = (
  /** @type {import('./faults.mjs').Network} */ { each },
  /** @type {(proxy: import('./faults.mjs').Proxy) => import('./faults.mjs').Dispose} */ apply,
) => {
  const undo = each(apply);
  each((proxy) => proxy.cut());
  return undo;
};

/** @type {(fault: Pick<import('./faults.mjs').Fault, 'id' | 'story' | 'label' | 'hint' | 'tests' | 'needsPolling'>, apply: (proxy: import('./faults.mjs').Proxy) => import('./faults.mjs').Dispose) => import('./faults.mjs').Fault} */
const webSocket = (fault, apply) => ({
  ...fault,
  group: 'office',
  lasts: 'switch',
  insteadOf: 'websocket',
  inject: (network) => applyAndCut(network, apply),
});

export const webSocketFaults = [
  webSocket(
    {
      id: 'ws-403',
      label: 'WebSocket refused (403)',
      hint: 'Like a strict proxy or firewall.',
      tests: ['upgrades refused (403)'],
      needsPolling: true,
    },
    (proxy) => proxy.refuseUpgrades({ status: 403 }),
  ),
  webSocket(
    {
      id: 'ws-400',
      label: 'WebSocket refused (400)',
      hint: 'Like nginx without the upgrade headers.',
      tests: ['upgrades refused (400)', 'nginx without upgrade headers'],
      needsPolling: true,
    },
    (proxy) => proxy.refuseUpgrades({ status: 400 }),
  ),
  webSocket(
    {
      id: 'ws-hang',
      story: 'The office proxy swallows WebSocket',
      label: 'WebSocket hangs',
      hint: 'Like a proxy that swallows upgrade requests and never answers.',
      tests: ['upgrades swallowed'],
      needsPolling: true,
    },
    (proxy) => proxy.swallowUpgrades(),
  ),
  webSocket(
    {
      id: 'ws-slow',
      label: 'WebSocket slow to open',
      hint: 'Opens 1.5 s late.',
      tests: ['upgrades slow (1.5 s)'],
      needsPolling: true,
    },
    (proxy) => proxy.holdUpgrades(1_500),
  ),
  webSocket(
    {
      id: 'ws-silent',
      label: 'WebSocket silent',
      hint: 'Opens, but not even the handshake arrives.',
      tests: ['WebSocket opens, then silence'],
      needsPolling: true,
    },
    (proxy) => proxy.silenceUpgrades(),
  ),
  webSocket(
    {
      id: 'ws-unresponsive',
      label: 'WebSocket unresponsive',
      hint: 'The handshake arrives, and nothing after it, in either direction.',
      tests: ['WebSocket silent after the handshake', 'WebSocket silent, heartbeat of 1.2 s'],
      needsPolling: true,
    },
    (proxy) => proxy.handshakeOnly(),
  ),
  webSocket(
    {
      id: 'ws-reset',
      label: 'WebSocket reset',
      hint: 'Opens, and is reset as soon as the page sends anything.',
      tests: ['WebSocket reset at the first message'],
      needsPolling: true,
    },
    (proxy) => proxy.handshakeOnly('reset'),
  ),
];
