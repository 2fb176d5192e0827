import { Agent, get } from 'node:http';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { useFixture } from '../support/fixture.js';
import { nextEvent } from '../support/waiting.js';

const fixture = useFixture();

test('the fault proxy silently kills WebSockets, and cuts idle connections that browsers close themselves', async () => {
  const address = `${fixture.proxy.url}/socket.io/?EIO=4&transport=`;
  const webSocket = new WebSocket(`${address.replace('http', 'ws')}websocket`);
  await nextEvent(webSocket, 'message');
  const agent = new Agent({ keepAlive: true });
  get(`${address}polling`, { agent }, (response) => response.resume());
  const [idle] = await nextEvent(agent, 'free');
  expect(fixture.proxy.counters.open).toBe(2);

  const cut = nextEvent(idle as Parameters<typeof nextEvent>[0], 'close');
  fixture.proxy.strandUpgraded();
  await cut;
  expect(fixture.proxy.counters.open).toBe(1);
  expect(webSocket.readyState).toBe(WebSocket.OPEN);
  webSocket.terminate();
  agent.destroy();
});
