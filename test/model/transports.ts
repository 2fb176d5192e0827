/** The transports of the model: the real classes, over a simulated network. */
import { NodeWebSocket, XHR } from 'engine.io-client';
import type { Cancel } from '../../src/platform/clock.js';
import type { HttpResponse } from '../../src/platform/http.js';
import type { TransportConstructor } from '../../src/platform/options.js';
import { HttpPolling } from '../../src/session/transports/polling.js';
import type { Network } from './network.js';
import { PollingLine } from './polling.js';
import { FakeWebSocket } from './web-socket.js';

const sidOf = (address: string): string | undefined => /[?&]sid=([^&]+)/.exec(address)?.[1];

export interface Transports {
  readonly websocket: TransportConstructor;
  readonly polling: TransportConstructor;
  /** A class of engine.io-client, which a program may pass instead of holdfast's own. */
  readonly xhr: TransportConstructor;
}

export function transportsOver(network: Network): Transports {
  class WebSocketOverNothing extends NodeWebSocket {
    override createSocket(address: string): never {
      return new FakeWebSocket(network, sidOf(address)) as never;
    }
  }

  class PollingOverNothing extends HttpPolling {
    readonly line: PollingLine = new PollingLine(network);

    override _request(
      what: string,
      body: string | Uint8Array | undefined,
      use: (response: HttpResponse) => void,
    ): Cancel {
      const sid = sidOf(this.uri());
      const request = body === undefined ? this.line.poll(sid) : this.line.post(sid, body as string);
      request.on('data', (text) => use({ status: 200, text: text as string, header: () => null }));
      request.on('success', () => use({ status: 200, text: 'ok', header: () => null }));
      request.on('error', (status) => this.onError(this._errorOf(what), status));
      return () => request.abort();
    }

    override doClose(): void {
      this.line.closing();
      super.doClose();
    }

    override closeNow(...args: Parameters<HttpPolling['closeNow']>): void {
      super.closeNow(...args);
      this.line.closing();
    }
  }

  class XhrOverNothing extends XHR {
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
    xhr: XhrOverNothing as unknown as TransportConstructor,
  };
}
