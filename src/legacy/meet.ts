import type { Internals } from '../connection/engine.js';
import type { Meeting } from '../connection/generation.js';
import type { TransportMemory } from '../connection/transport-memory.js';
import type { Cancel } from '../platform/clock.js';
import type { Codec } from '../protocol/codec.js';
import { ECHO, legacyCodec, QUESTION } from './codec.js';
import { adopt } from './transports.js';

/** An error that is a bare string, in these words; in the generation of today it is an object, and others have other words. */
const NO_SUCH_NAMESPACE: RegExp = new RegExp(`^4${ECHO}(\\?[^,]*)?,"Invalid namespace"$`);

/** A server that says nothing by then, in milliseconds, is left to those who watch over its answers. */
const deadlineMs = (rttMs = 1_000): number => Math.min(3_000, Math.max(1_000, 4 * rttMs));

/** Only a legacy server says that the root namespace is joined without saying under which id. */
const IMPLICIT = /^0\/?,?$/;

/** The first words of the root namespace, which only a legacy server says without being asked: that it is joined, or an error. */
const UNASKED = /^(0$|0\/?,?$|4(?!\/))/;

/**
 * A legacy server joins the root namespace by itself, and a CONNECT would join it twice. So the server is asked for a namespace that
 * does not exist: what it answers, and whether it spoke of the root namespace before, tells its generation.
 */
export function meet(meeting: Meeting, proceed: (codec?: Codec) => void): Cancel {
  const { engine, clock, memory } = meeting;

  const send = (text: string): void => engine._sendPacket('message', text);
  const proceedUnknown = (): void => {
    cancel();
    beware(meeting);
    proceed();
  };
  const end = (codec?: Codec): void => {
    cancel();
    memory.remember({ legacy: codec !== undefined });
    proceed(codec);
  };
  const isLegacy = (): Codec => {
    adopt(engine.transport);
    adoptNext(engine);
    beat(meeting);
    return legacyCodec(meeting.newCodec(), engine.id ?? '', { send, receive: meeting.receive });
  };
  const hear = (message: unknown): void => {
    const text = typeof message === 'string' ? message : '';
    if (UNASKED.test(text)) {
      end(isLegacy());
      meeting.receive(text);
    } else if (text.replace(',', '') === `0${ECHO}`) {
      send(`1${ECHO},`);
      end(isLegacy());
    } else if (NO_SUCH_NAMESPACE.test(text)) {
      end(isLegacy());
    } else if (text.startsWith(`4${ECHO}`)) {
      end();
    } else if (text.startsWith(`0${ECHO}`)) {
      // A server of today that takes every namespace.
      send(`1${ECHO},`);
      end();
    }
  };
  const stop = clock.after(deadlineMs(memory.recall().rttMs), () => proceedUnknown());
  const cancel = (): void => {
    stop();
    engine.off('message', hear as (value: never) => void);
  };
  engine.on('message', hear as (value: never) => void);
  send(`0${QUESTION},`);
  return cancel;
}

/** Starts anew with a server that proves to be a legacy one after all: the root namespace must not be joined twice. */
function beware({ engine, memory }: Meeting): void {
  engine.on('message', ((message: unknown) => {
    if (!IMPLICIT.test(String(message))) return;
    memory.remember({ legacy: true });
    engine._onClose(
      'transport error',
      new Error('the server is of another generation than it was taken for'),
    );
  }) as (value: never) => void);
}

/** Polling reads what a legacy server says from the first byte on as what it is. */
export function prepare(engine: Internals, memory: TransportMemory): void {
  if (memory.recall().legacy) adoptNext(engine, 'polling');
}

/** The transports that the engine makes from now on speak Engine.IO v3. */
function adoptNext(engine: Internals, only?: string): void {
  const create = engine.createTransport;
  engine.createTransport = (name) => {
    const transport = create.call(engine, name);
    if (!only || only === name) adopt(transport);
    return transport;
  };
}

/** No server needs to be asked more often, in milliseconds. */
const SHORTEST_MS = 50;

/** Engine.IO v3: the client asks, and the server answers. */
function beat({ engine, clock, handshake }: Meeting): void {
  const everyMs = Math.max(handshake.pingInterval, SHORTEST_MS);
  let stop: Cancel = () => {};
  const ask = (): void => {
    engine._sendPacket('ping');
    stop = clock.after(everyMs, ask);
  };
  stop = clock.after(everyMs, ask);
  engine.on('packet', ({ type }: { readonly type: string }) => {
    if (type === 'pong') engine._resetPingTimeout();
  });
  engine.on('close', () => stop());
}
