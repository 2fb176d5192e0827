import { NodeWebSocket, XHR } from 'engine.io-client';
import type { TransportConstructor } from '../../src/platform/options.js';
import type { Network } from './network.js';
import { PollingLine } from './polling.js';
import { FakeWebSocket } from './web-socket.js';

const sidOf = (address: string): string | undefined => /[?&]sid=([^&]+)/.exec(address)?.[1];

/** engine.io-client's own transports, over a network without wires. */
export function transportsOver(network: Network): Record<'websocket' | 'polling', TransportConstructor> {
  class WebSocketOverNothing extends NodeWebSocket {
    override createSocket(address: string): never {
      return new FakeWebSocket(network, sidOf(address)) as never;
    }
  }

  class PollingOverNothing extends XHR {
    readonly line: PollingLine = new PollingLine(network);

    override request(options: { method?: string; data?: string } = {}): never {
      const sid = sidOf(this.uri());
      return (
        options.method === 'POST' ? this.line.post(sid, options.data ?? '') : this.line.poll(sid)
      ) as never;
    }

    override doClose(): void {
      this.line.closing();
      super.doClose();
    }
  }

  return {
    websocket: WebSocketOverNothing as unknown as TransportConstructor,
    polling: PollingOverNothing as unknown as TransportConstructor,
  };
}
