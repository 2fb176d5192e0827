import { beforeEach, describe, expect, it, vi } from 'vitest';
import { echo } from '../../../src/socket/probe.js';
import { FakeConnection } from '../../support/fake-connection.js';

let wire: FakeConnection;

beforeEach(() => {
  wire = new FakeConnection();
  wire.link = {};
});

/** Asks; returns what the answer is told to, the namespace that was asked for, and the way back. */
function asking(): {
  done: ReturnType<typeof vi.fn<(answered: boolean) => void>>;
  nsp: string;
  stop: () => void;
} {
  const done = vi.fn<(answered: boolean) => void>();
  const stop = echo(wire, done);
  const [question = ''] = wire.sent();
  return { done, stop, nsp: /^0(\/[^,]+),$/.exec(question)?.[1] ?? '' };
}

describe('an echo', () => {
  it('is a CONNECT to a namespace that does not exist, each time another', () => {
    const [first, second] = [asking(), asking()];
    expect(first.nsp).toMatch(/^\/.{5,}/);
    expect(second.nsp).not.toBe(first.nsp);
  });

  it('is over when the server has refused it, and leaves nothing behind', () => {
    const { done, nsp } = asking();
    wire.receive(`4${nsp},{"message":"Invalid namespace"}`);
    expect(done.mock.calls).toEqual([[true]]);
    expect([wire.clock.pending, wire._namespaces.size, wire.sent()]).toEqual([0, 0, []]);
  });

  it('leaves a namespace again that a server has made for it', () => {
    const { done, nsp } = asking();
    wire.receive(`0${nsp},{"sid":"x"}`);
    expect(done.mock.calls).toEqual([[true]]);
    expect(wire.sent()).toEqual([`1${nsp},`]);
    expect([wire.clock.pending, wire._namespaces.size]).toEqual([0, 0]);
  });

  it('waits three seconds', () => {
    const { done } = asking();
    wire.clock.advance(2_999);
    expect(done).not.toHaveBeenCalled();
    wire.clock.advance(1);
    expect(done.mock.calls).toEqual([[false]]);
    expect([wire.clock.pending, wire._namespaces.size]).toEqual([0, 0]);
  });

  it('can be given up, and then says nothing', () => {
    const { done, nsp, stop } = asking();
    stop();
    stop();
    wire.receive(`4${nsp},{"message":"Invalid namespace"}`);
    wire.clock.advance(60_000);
    expect(done).not.toHaveBeenCalled();
    expect([wire.clock.pending, wire._namespaces.size]).toEqual([0, 0]);
  });

  it('ends with the link, and says nothing', () => {
    const { done } = asking();
    wire.linkDown();
    wire.clock.advance(60_000);
    expect(done).not.toHaveBeenCalled();
    expect([wire.clock.pending, wire._namespaces.size]).toEqual([0, 0]);
  });

  it('keeps no connection open, and minds neither failures nor giving up', () => {
    const { done } = asking();
    const [end] = wire._namespaces.values();
    expect([end?.active, end?.connected]).toEqual([false, false]);
    end?.failed(new Error('no'));
    end?.giveUp();
    end?.linkUp();
    expect(done).not.toHaveBeenCalled();
    expect(wire.sent()).toEqual([]);
  });
});
