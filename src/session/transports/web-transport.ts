/**
 * WebTransport, on the transport class of engine.io-client. Its own WebTransport leaves rejected promises to the page, does not end
 * with its stream, and takes a message of any length.
 */
import { attempt } from '../../platform/attempt.js';
import type { Clock } from '../../platform/clock.js';
import {
  openWebTransport,
  type WebTransportSession,
  type WebTransportStream,
} from '../../platform/web-transport.js';
import { withoutBlobs } from './blobs.js';
import { EngineTransport } from './engine-transport.js';
import { FrameReader, framesOf } from './frames.js';
import type { EnginePacket } from './transport.js';

/** How long the last data may take to leave when the transport closes, in milliseconds. */
const LINGER_MS = 10_000;

/** How long data that arrives without a pause is handled before the page gets a turn, in milliseconds. */
const SLICE_MS = 100;

interface WebTransportOptions {
  readonly _clock: Clock;
  readonly _maxReceivedBytes: number;
  readonly transportOptions: Readonly<Record<string, object>>;
}

/** The transport class `WebTransport`, for the option `transports`: unlike the name, it needs no plugin. */
export class WebTransport extends EngineTransport<WebTransportOptions> {
  declare _session?: WebTransportSession;
  declare _output?: WritableStreamDefaultWriter<Uint8Array>;

  get name(): string {
    return 'webtransport';
  }

  doOpen(): void {
    const failed = (cause: unknown): void => this._failed(cause);
    try {
      // As with the official client: servers see no query.
      const session = openWebTransport(this.createUri('https', {}), this.opts.transportOptions.webtransport);
      this._session = session;
      session.closed.then(() => this._ended(), failed);
      session.ready
        .then(() => session.createBidirectionalStream())
        .then((stream) => this._begin(stream))
        .then(undefined, failed);
    } catch (error) {
      failed(error);
    }
  }

  /** Engine.IO servers expect one stream from the client; its first packet says whether a session moves to it. */
  _begin({ readable, writable }: WebTransportStream): void {
    // It may have been given up meanwhile.
    if (this.readyState !== 'opening') return;
    this._output = writable.getWriter();
    const { sid } = this.query;
    this._put([{ type: 'open', data: sid && JSON.stringify({ sid }) }]);
    this._readChunks(readable.getReader()).then(
      () => this._ended(),
      (cause: unknown) => this._failed(cause),
    );
    this.onOpen();
  }

  async _readChunks(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const { _clock, _maxReceivedBytes } = this.opts;
    const frames = new FrameReader(_maxReceivedBytes);
    let busyMs = 0;
    for (;;) {
      const { value } = await reader.read();
      if (!value || this.readyState === 'closed') return;
      busyMs -= _clock.now();
      frames._readChunks(value, (payload) => this.onData(payload));
      busyMs += _clock.now();
      // If the next chunk is there already, no task of the page would run in between.
      if (busyMs > SLICE_MS) {
        await new Promise<void>((resolve) => _clock.after(0, resolve));
        busyMs = 0;
      }
    }
  }

  _put(packets: readonly EnginePacket[], done?: () => void): void {
    this._output?.write(framesOf(packets)).then(done, (cause: unknown) => this._failed(cause));
  }

  write(packets: readonly EnginePacket[]): void {
    this.writable = false;
    withoutBlobs(
      packets,
      this.opts._clock,
      (read) =>
        this._put(read, () => {
          this.writable = true;
          this.emitReserved('drain');
        }),
      () => this.onError('an attachment could not be read'),
    );
  }

  _failed(cause: unknown): void {
    if (this.readyState !== 'closed') this.onError('webtransport error', cause, { cause });
  }

  /** The session was closed, or its stream alone. */
  _ended(): void {
    if (this.readyState === 'closed') return;
    this.doClose();
    this.onClose({ description: 'webtransport connection closed' });
  }

  /** Closing the session discards unsent data, and not every server notices: end the stream first. */
  doClose(): void {
    const { _session, _output } = this;
    const end = (): void => {
      stop();
      attempt(() => _session?.close());
    };
    const stop = this.opts._clock.after(LINGER_MS, end, true);
    if (_output) _output.close().then(end, end);
    else end();
  }
}
