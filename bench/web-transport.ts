import { createServer as createSecureServer } from 'node:https';
import { createServer, connect as dialTcp, type Server, type Socket } from 'node:net';
import { Server as SocketServer } from 'socket.io';
import type {} from '../test/support/page-tools.js';
import { freePort, host, listen } from '../test/support/ports.js';
import { UdpProxy } from '../test/support/udp-proxy.js';
import {
  type Certificate,
  makeCertificate,
  portForBoth,
  startWebTransportServer,
} from '../test/support/web-transport-server.js';
import { type Client, defaultRttMs, type Fixture } from './fixture.js';
import { alternate, type Scenario } from './scenario.js';

/** Measures the time until a page is connected over WebTransport, and over WebSocket with the same encryption, in Chromium. */

interface Target {
  readonly url: string;
  readonly transport: 'webtransport' | 'websocket';
  /** Of the server's certificate. */
  readonly hash: string;
}

/** In a page: from `io()` to `connect`, in milliseconds. */
function connect({ url, transport, hash }: Target): Promise<number> {
  const value = Uint8Array.from(atob(hash), (character) => character.charCodeAt(0));
  const webtransport = { serverCertificateHashes: [{ algorithm: 'sha-256', value }] };
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const options = { transports: [transport], transportOptions: { webtransport }, forceNew: true };
    const socket = window.io(url, options);
    socket.on('connect', () => resolve(performance.now() - startedMs));
  });
}

/** Replaces the page's `io` by one that joins with the first packet of WebTransport: the script file has no such option. */
const joiningAhead = `
  import { io } from '/dist/browser/production/index.js';
  import { early } from '/dist/browser/production/plugins/early.js';
  import { webTransport } from '/dist/browser/production/plugins/web-transport.js';
  const plugins = [webTransport(), early({ join: true })];
  Object.assign(window, { io: (url, options) => io(url, { ...options, plugins }), ready: true });`;

/** A first visit with a new profile, each time. */
const visit = (fixture: Fixture, client: Client, target: Target) => async (): Promise<number> => {
  const context = await fixture.newContext({ ignoreHTTPSErrors: true });
  const page = await fixture.openPage(context, client);
  if (client === 'holdfast' && target.transport === 'webtransport') {
    await page.addScriptTag({ type: 'module', content: joiningAhead });
    await page.waitForFunction(() => window.ready);
  }
  const ms = await page.evaluate(connect, target);
  await context.close();
  return ms;
};

/** A socket.io server over TLS. */
async function startSecureSocketServer({ key, cert }: Certificate): Promise<{ port: number; close(): void }> {
  const port = await freePort();
  const server = createSecureServer({ key, cert });
  const io = new SocketServer(server);
  await listen(server, port);
  return { port, close: () => void io.close() };
}

/**
 * A TCP proxy with this round-trip time. The handshake of TCP is between the client and this proxy, and costs no time: a round trip
 * is added for it.
 */
async function startDelay(targetPort: number, rttMs: number): Promise<{ port: number; close(): void }> {
  const port = await freePort();
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const target = dialTcp(targetPort, host);
    const openedAtMs = performance.now();
    for (const socket of [client, target]) {
      sockets.add(socket.setNoDelay(true));
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        target.destroy();
      });
    }
    client.on('data', (bytes) => {
      const handshakeMs = Math.max(0, openedAtMs + rttMs - performance.now());
      setTimeout(() => target.write(bytes), handshakeMs + rttMs / 2);
    });
    target.on('data', (bytes) => setTimeout(() => client.write(bytes), rttMs / 2));
  });
  await listen(server, port);
  return {
    port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

export const webTransport: Scenario = {
  name: 'webtransport.rtt100',
  unit: 'ms',
  about: `from \`io()\` to \`connect\` over WebTransport with \`early({ join: true })\`, first visit, ${defaultRttMs} ms round trip; bare: holdfast over WebSocket with TLS, the handshake of TCP counted as one round trip`,
  target: { ratio: 1 },
  unsteady: 'the delay is added by a relay in a process of its own, which a busy machine delays as well',
  against: 'bare',
  bare: 'WebSocket over TLS',
  async run(fixture) {
    const certificate = await makeCertificate();
    const [server, secure, port] = await Promise.all([
      startWebTransportServer(),
      startSecureSocketServer(certificate),
      portForBoth(),
    ]);
    const udp = await UdpProxy.start(server.port, port);
    udp.delayMs = defaultRttMs / 2;
    const tcp = await startDelay(secure.port, defaultRttMs);
    const { hash } = server.certificate;
    const overHttp3: Target = { url: `https://${host}:${port}`, transport: 'webtransport', hash };
    const overTls: Target = { url: `https://${host}:${tcp.port}`, transport: 'websocket', hash };
    try {
      return await alternate(fixture.rounds, {
        holdfast: visit(fixture, 'holdfast', overHttp3),
        official: visit(fixture, 'official', overHttp3),
        bare: visit(fixture, 'holdfast', overTls),
      });
    } finally {
      udp.close();
      tcp.close();
      secure.close();
      await server.kill();
    }
  },
};
