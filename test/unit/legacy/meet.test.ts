import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Internals } from '../../../src/connection/engine.js';
import type { Meeting } from '../../../src/connection/generation.js';
import type { Cancel } from '../../../src/platform/clock.js';
import { ECHO, QUESTION } from '../../../src/plugins/legacy/codec.js';
import { meet, prepare } from '../../../src/plugins/legacy/meet.js';
import { TransportMemory } from '../../../src/plugins/memory.js';
import { type Codec, createCodec } from '../../../src/protocol/codec.js';
import { FakeStore } from '../../support/fake-environment.js';
import { SimulatedClock } from '../../support/simulated-clock.js';

/** An engine that has opened. */
class FakeEngine extends EventEmitter {
  readonly id = 'engine1';
  readonly sent: string[] = [];
  readonly transport = { name: 'websocket', write(): void {}, onData(): void {} };
  resets = 0;

  createTransport(name: string): object {
    return { name, doPoll: 'its own', write(): void {}, onData(): void {} };
  }

  _sendPacket(type: string, data?: string): void {
    this.sent.push(data === undefined ? type : `${type}:${data}`);
  }

  _resetPingTimeout(): void {
    this.resets += 1;
  }
}

let engine: FakeEngine;
let clock: SimulatedClock;
let memory: TransportMemory;
let received: unknown[];
/** What it proceeded with, each time that it did. */
let outcomes: ('legacy' | 'today')[];
let cancel: Cancel;

beforeEach(() => {
  engine = new FakeEngine();
  clock = new SimulatedClock();
  memory = new TransportMemory(new FakeStore(), () => clock.now(), 'here');
  begin();
});

function begin(): void {
  received = [];
  outcomes = [];
  const handshake = { sid: 'engine1', upgrades: [], pingInterval: 1_000, pingTimeout: 500 };
  const meeting = {
    engine,
    clock,
    memory,
    handshake,
    newCodec: () => createCodec({ maxAttachments: 10, maxReceivedBytes: 1_000, maxSentAttachments: 10 }),
    receive: (chunk: unknown) => received.push(chunk),
  };
  cancel = meet(meeting as unknown as Meeting, (codec?: Codec) => outcomes.push(codec ? 'legacy' : 'today'));
}

const hear = (...messages: unknown[]): void => {
  for (const message of messages) engine.emit('message', message);
};

it('asks for a namespace that there is not', () => {
  expect(engine.sent).toEqual([`message:0${QUESTION},`]);
  expect(outcomes).toEqual([]);
});

describe('a server of long ago', () => {
  it.each(['0', '0/', '0/,', '4"not you"', '4{"code":1}', '4'])(
    'is known by what it says of the root namespace, which is passed on: %s',
    (text) => {
      hear(text);
      expect([outcomes, received]).toEqual([['legacy'], [text]]);
    },
  );

  it.each([`4${ECHO},"Invalid namespace"`, `4${QUESTION},"Invalid namespace"`, `0${ECHO}`, `0${ECHO},`])(
    'is known by its answer: %s',
    (text) => {
      hear(text);
      expect([outcomes, received]).toEqual([['legacy'], []]);
    },
  );

  it('that takes every namespace is left again', () => {
    hear(`0${ECHO},`);
    expect(engine.sent).toContain(`message:1${ECHO},`);
  });

  it('is asked whether it is there, for as long as the connection lasts', () => {
    hear('0');
    engine.sent.length = 0;
    clock.advance(3_500);
    expect(engine.sent).toEqual(['ping', 'ping', 'ping']);
    engine.emit('close', 'transport close');
    expect(clock.pending).toBe(0);
  });

  it('shows that it is there with each answer', () => {
    hear('0');
    engine.emit('packet', { type: 'message' });
    expect(engine.resets).toBe(0);
    engine.emit('packet', { type: 'pong' });
    expect(engine.resets).toBe(1);
  });

  it('has its next transport speak as it does', () => {
    hear('0');
    expect(engine.createTransport('polling')).toMatchObject({ doPoll: expect.any(Function) });
  });
});

describe('a server of today', () => {
  it.each([`4${ECHO},{"message":"Invalid namespace"}`, `4${ECHO},"Unable to connect"`])(
    'is known by its answer: %s',
    (text) => {
      hear(text);
      expect([outcomes, received, clock.pending]).toEqual([['today'], [], 0]);
      expect(engine.createTransport('polling')).toMatchObject({ doPoll: 'its own' });
    },
  );

  it('that takes every namespace is left again', () => {
    hear(`0${ECHO},{"sid":"a"}`);
    expect(outcomes).toEqual(['today']);
    expect(engine.sent.at(-1)).toBe(`message:1${ECHO},`);
  });
});

describe('what is remembered', () => {
  const made = (name: string): unknown => {
    prepare(engine as unknown as Internals, memory);
    return engine.createTransport(name);
  };

  it('is a server of long ago: polling speaks as it does from the first byte on', () => {
    hear('0');
    expect(memory.recall().legacy).toBe(true);
    engine = new FakeEngine();
    expect(made('polling')).toMatchObject({ doPoll: expect.any(Function) });
    expect(made('websocket')).toMatchObject({ doPoll: 'its own' });
  });

  it('is asked anew each time: a server of today may have taken the place of another, or given it back', () => {
    memory.remember({ legacy: true });
    hear(`4${ECHO},{"message":"Invalid namespace"}`);
    expect(memory.recall().legacy).toBeUndefined();
    engine = new FakeEngine();
    expect(made('polling')).toMatchObject({ doPoll: 'its own' });
  });

  it('is nothing where there was no answer', () => {
    clock.advance(60_000);
    expect(memory.recall().legacy).toBeUndefined();
  });
});

describe('the meeting', () => {
  it('does not mind what says nothing of it', () => {
    hear('2["a"]', '0/other', '4/other,"Invalid namespace"', Uint8Array.of(1), '');
    expect(outcomes).toEqual([]);
  });

  it('ends once', () => {
    hear('0', `4${ECHO},"Invalid namespace"`, '0');
    expect(outcomes).toEqual(['legacy']);
    expect(received).toEqual(['0']);
  });

  it('goes on as with a server of today where there is no answer', () => {
    clock.advance(500);
    expect(outcomes).toEqual([]);
    clock.advance(5_000);
    expect(outcomes).toEqual(['today']);
    expect(clock.pending).toBe(0);
  });

  it('ends without a word where it is cancelled', () => {
    cancel();
    hear('0');
    clock.advance(60_000);
    expect(outcomes).toEqual([]);
    expect([engine.listenerCount('message'), clock.pending]).toEqual([0, 0]);
  });
});
