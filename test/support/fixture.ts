import { afterEach, beforeEach } from 'vitest';
import { type FaultProxy, startFaultProxy } from './fault-proxy.js';
import { startServer, type TestServer, type TestServerOptions } from './server.js';

/** A server and the fault proxy in front of it, new for every test. Call it at the top of a test file. */

export interface Fixture {
  readonly server: TestServer;
  readonly proxy: FaultProxy;
}

export function useFixture(settings: TestServerOptions = {}): Fixture {
  let server: TestServer;
  let proxy: FaultProxy;

  beforeEach(async () => {
    server = await startServer(settings);
    proxy = await startFaultProxy(server.port);
  });

  afterEach(async () => {
    await proxy.close();
    await server.stop();
  });

  return {
    get server() {
      return server;
    },
    get proxy() {
      return proxy;
    },
  };
}
