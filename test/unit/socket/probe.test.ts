import { beforeEach, describe, expect, it, vi } from 'vitest';
import { isProbe, probe } from '../../../src/socket/probe.js';
import { Wire } from '../../support/wired-socket.js';

let wire: Wire;

beforeEach(() => {
  wire = new Wire({});
  wire.linkUp();
  wire.sent();
});

/** Sends a probe; returns its callback, its namespace, and a function that cancels it. */
function probing(): {
  done: ReturnType<typeof vi.fn<(answered: boolean) => void>>;
  nsp: string;
  cancel: () => void;
} {
  const done = vi.fn<(answered: boolean) => void>();
  const cancel = probe(wire.manager._connection, done);
  const [text = ''] = wire.sent();
  return { done, cancel, nsp: /^0(\/[^,]+),$/.exec(text)?.[1] ?? '' };
}

describe('a probe', () => {
  it('is a CONNECT to a namespace that does not exist, each time a different one', () => {
    const [first, second] = [probing(), probing()];
    expect(first.nsp).toMatch(/^\/.{5,}/);
    expect(second.nsp).not.toBe(first.nsp);
    expect([first.nsp, second.nsp, '/', '/news', '/holdfast'].map(isProbe)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('uses a few names in turn, because a server may keep an object for each name', () => {
    const names = new Set<string>();
    for (let i = 0; i < 100; i++) {
      const { nsp } = probing();
      names.add(nsp);
      wire.receive(`4${nsp},{"message":"Invalid namespace"}`);
    }
    expect(names.size).toBeLessThan(10);
  });

  it('is not sent beyond a few unanswered ones, nor without a link', () => {
    const sent = [1, 2, 3, 4, 5, 6].map(() => probing().nsp);
    expect(new Set(sent).size).toBeLessThan(6);
    wire.linkDown();
    const { done, nsp } = probing();
    wire.clock.advance(60_000);
    expect([nsp, done.mock.calls]).toEqual(['', [[false]]]);
  });

  it('ends when the server has refused it, and leaves nothing behind', () => {
    const { done, nsp } = probing();
    wire.receive(`4${nsp},{"message":"Invalid namespace"}`);
    expect(done.mock.calls).toEqual([[true]]);
    expect([wire.timers, wire.namespaces, wire.sent()]).toEqual([0, [], []]);
  });

  it('leaves the namespace if the server has accepted it', () => {
    const { done, nsp } = probing();
    wire.receive(`0${nsp},{"sid":"x"}`);
    expect(done.mock.calls).toEqual([[true]]);
    expect(wire.sent()).toEqual([`1${nsp},`]);
    expect([wire.timers, wire.namespaces]).toEqual([0, []]);
  });

  it('ends after three seconds', () => {
    const { done } = probing();
    wire.clock.advance(2_999);
    expect(done).not.toHaveBeenCalled();
    wire.clock.advance(1);
    expect([done.mock.calls, wire.timers]).toEqual([[[false]], 0]);
  });

  it('leaves the namespace even if the server accepts it late', () => {
    const { done, nsp } = probing();
    wire.clock.advance(60_000);
    wire.receive(`0${nsp},{"sid":"x"}`);
    expect([wire.sent(), wire.namespaces, done.mock.calls]).toEqual([[`1${nsp},`], [], [[false]]]);
  });

  it('can be cancelled, and then reports nothing', () => {
    const { done, nsp, cancel } = probing();
    cancel();
    cancel();
    wire.receive(`4${nsp},{"message":"Invalid namespace"}`);
    wire.clock.advance(60_000);
    expect(done).not.toHaveBeenCalled();
    expect([wire.timers, wire.namespaces]).toEqual([0, []]);
  });

  it('ends with the link, and reports nothing', () => {
    const { done } = probing();
    wire.linkDown();
    wire.clock.advance(60_000);
    expect(done).not.toHaveBeenCalled();
    expect([wire.timers, wire.namespaces]).toEqual([0, []]);
  });

  it('keeps no connection open, and ignores failed attempts and the end of the connection', () => {
    const { done } = probing();
    const { _namespaces } = wire.manager._connection;
    const handler = [..._namespaces].find(([nsp]) => isProbe(nsp))?.[1];
    expect([handler?.active, handler?.connected]).toEqual([false, false]);
    handler?.failed(new Error('no'));
    handler?.giveUp(true);
    handler?.linkUp();
    expect(done).not.toHaveBeenCalled();
    expect(wire.sent()).toEqual([]);
  });

  it('is not reported to listeners of packet', () => {
    const seen = vi.fn();
    wire.manager.on('packet', seen);
    const { nsp } = probing();
    wire.receive(`4${nsp},{"message":"Invalid namespace"}`);
    expect(seen).not.toHaveBeenCalled();
  });
});
