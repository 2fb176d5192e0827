import { expect } from 'vitest';
import { io } from '../../../src/index.js';
import type { Options } from '../../../src/platform/options.js';
import type { Socket } from '../../../src/socket/socket.js';
import type { Behaviour } from '../../generations/behaviour.js';
import type { Fixture } from '../../generations/fixture.js';

/** Over HTTP/3, with a server of its own. An engine without WebTransport must go on to the next transport at once. */

const hasWebTransport = (): boolean => 'WebTransport' in globalThis;

async function connected(fixture: Fixture, transports: Options['transports']): Promise<Socket> {
  const response = await fetch('/webtransport');
  const { url, hash } = (await response.json()) as { url: string; hash: string };
  const value = Uint8Array.from(atob(hash), (character) => character.charCodeAt(0));
  const socket = io(url, {
    forceNew: true,
    transports,
    transportOptions: { webtransport: { serverCertificateHashes: [{ algorithm: 'sha-256', value }] } },
  });
  await fixture.next(socket, 'connect');
  return socket;
}

export const webTransport: Behaviour[] = [
  {
    name: 'connects over WebTransport, at once and by an upgrade from polling',
    exclusive: true,
    async run(fixture) {
      const upgrades = fixture.transport === 'polling';
      const socket = await connected(
        fixture,
        upgrades
          ? ['polling', 'websocket', 'webtransport']
          : ['webtransport', ...(hasWebTransport() ? [] : ['websocket'])],
      );
      const { id } = socket;
      if (upgrades && socket.io.transport === 'polling') await fixture.next(socket.io.engine, 'upgrade');
      const { transport } = socket.io;
      expect([socket.connected, socket.id]).toEqual([true, id]);
      const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 256);
      const back = await new Promise((resolve) => socket.emit('echo', bytes, resolve));
      socket.disconnect();
      expect(new Uint8Array(back as ArrayBuffer)).toEqual(bytes);
      expect(transport).toBe(hasWebTransport() ? 'webtransport' : 'websocket');
      return hasWebTransport() ? 'yes' : 'has none: WebSocket';
    },
  },
];
