/** The client's end: a transport class for holdfast and the official client that connects to a test server. */
import type { Clock } from '../platform/clock.js';
import { nodeBuffer } from '../platform/node-buffer.js';
import type { TransportConstructor } from '../platform/options.js';
import { withoutBlobs } from '../session/transports/blobs.js';
import { EngineTransport } from '../session/transports/engine-transport.js';
import { TYPES } from '../session/transports/packets.js';
import type { EnginePacket } from '../session/transports/transport.js';
import type { Frame, Link, Route } from './link.js';

/** A client's request to a server. */
export interface DialRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly route: Route;
}

/** The parts of the server that a transport uses. */
export interface Dialling {
  /** @internal */
  readonly _clock: Clock;
  /**
   * Opens a link.
   *
   * @internal
   * @param opened called when the server has accepted it, before its handshake; otherwise, `failed` is called
   */
  _dial(
    request: DialRequest,
    opened: (link: Link) => void,
    failed: (error: Error) => void,
  ): { readonly cancel: () => void };
}

/** The location of holdfast: its folder, or the file into which it was bundled. */
const OWN = fileOf(new Error().stack)?.replace(/[/\\]testing[/\\](transport|index)\.[cm]?[jt]s$/, '');

/** Matches stack lines that are not of the program's own files. */
const FOREIGN = /node_modules|node:/;

/** The first file in a stack. */
function fileOf(stack: string | undefined): string | undefined {
  const [line = ''] = (stack ?? '').split('\n').filter((one) => /:\d+/.test(one));
  return /((?:[a-z][a-z+.-]+:\/\/|[a-z]:[/\\]|\/)[^()]*?)(?:\?[^:()]*)?:\d+(?::\d+)?\)?$/i.exec(
    line.trim(),
  )?.[1];
}

/** The place in the program that called this: the first stack line of the program's own files, if any. */
export function placeOf(stack: string | undefined): string | undefined {
  const lines = (stack ?? '').split('\n').filter((line) => /:\d+/.test(line));
  const own = lines.find((line) => !FOREIGN.test(line) && !(OWN && line.includes(OWN)));
  return own?.trim().replace(/^at /, '');
}

export const UNKNOWN_PLACE = 'an unknown place';

interface Opts {
  readonly extraHeaders?: Readonly<Record<string, string>>;
  readonly secure?: boolean;
}

interface ClientSession {
  readonly binaryType?: string;
}

/** @param made the owner of the clients, and the place that creates them; without an owner, the place of each is searched */
export function transportClass(server: Dialling, made: Route): TransportConstructor {
  class MemoryTransport extends EngineTransport<Opts> {
    /** Tests cause on purpose what the coach warns about. */
    static readonly coach = false;

    declare _link: Link | undefined;
    declare _cancel: (() => void) | undefined;
    declare _route: Route;

    constructor(options: never) {
      super(options);
      // Its own route: a fault may affect only this connection.
      const where = made.owner ? undefined : placeOf(new Error().stack);
      this._route = { ...made, ...(where && { where }) };
    }

    /** The name of the transport that it replaces, because programs read it. */
    get name(): string {
      return 'websocket';
    }

    doOpen(): void {
      const { extraHeaders = {}, secure } = this.opts;
      const headers: Record<string, string> = {};
      for (const [name, value] of Object.entries(extraHeaders)) headers[name.toLowerCase()] = `${value}`;
      const url = this.createUri(secure ? 'wss' : 'ws', {
        ...this.query,
        EIO: this.query.EIO,
        transport: 'websocket',
      });
      const { cancel } = server._dial(
        { url, headers, route: this._route },
        (link) => {
          this._link = link;
          link.attach('toClient', {
            frame: (frame) => this._frame(frame),
            closed: () => this.onClose({ description: 'websocket connection closed' }),
          });
          this.onOpen();
        },
        (error) => this.onError('websocket error', error),
      );
      this._cancel = cancel;
    }

    _frame(frame: Frame): void {
      if (typeof frame === 'string') {
        this.onPacket({ type: TYPES[Number(frame.charAt(0))] ?? 'error', data: frame.slice(1) });
        return;
      }
      // Like a WebSocket with this `binaryType`.
      const { binaryType } = this.socket as ClientSession;
      const memory = frame.slice().buffer as ArrayBuffer;
      const data =
        binaryType === 'blob'
          ? new Blob([memory])
          : binaryType === 'nodebuffer'
            ? nodeBuffer(new Uint8Array(memory))
            : memory;
      this.onPacket({ type: 'message', data });
    }

    write(packets: readonly EnginePacket[]): void {
      this.writable = false;
      withoutBlobs(
        packets,
        server._clock,
        (read) => {
          for (const { type, data } of read) this._link?.send('toServer', frameOf(type, data));
          server._clock.soon(() => {
            this.writable = true;
            this.emitReserved('drain');
          });
        },
        () => this.onError('an attachment could not be read'),
      );
    }

    doClose(): void {
      this._cancel?.();
      this._link?.close('toServer');
      this._link = undefined;
    }
  }
  return MemoryTransport as unknown as TransportConstructor;
}

/** Engine.IO v4, "Packet encoding". */
export function frameOf(type: string, data: unknown): Frame {
  if (type !== 'message' || data === undefined || typeof data === 'string') {
    return `${TYPES.indexOf(type)}${data ?? ''}`;
  }
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(data as ArrayBuffer);
}
