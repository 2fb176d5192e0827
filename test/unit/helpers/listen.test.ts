import { describe, expect, it, vi } from 'vitest';
import { listen, next } from '../../../src/helpers/listen.js';
import { joinedSocket } from '../../support/wired-socket.js';

describe('listen', () => {
  it('receives every event until it is ended', () => {
    const { socket, wire } = joinedSocket();
    const heard = vi.fn();
    const end = listen(socket, 'news', heard);
    wire.receive('2["news",1,2]', '2["other"]');
    end();
    wire.receive('2["news",3]');
    expect(heard.mock.calls).toEqual([[1, 2]]);
    expect(socket.hasListeners('news')).toBe(false);
  });

  it("receives the library's own events", () => {
    const { socket, wire } = joinedSocket();
    const heard = vi.fn();
    listen(socket, 'disconnect', heard);
    wire.linkDown();
    expect(heard.mock.calls[0]?.[0]).toBe('transport close');
  });

  it('ends with its signal, and does not start with an aborted one', () => {
    const { socket, wire } = joinedSocket();
    const controller = new AbortController();
    const heard = vi.fn();
    listen(socket, 'news', heard, { signal: controller.signal });
    controller.abort();
    listen(socket, 'news', heard, { signal: controller.signal });
    wire.receive('2["news"]');
    expect(heard).not.toHaveBeenCalled();
  });

  it('ends only itself: another call with the same function continues', () => {
    const { socket, wire } = joinedSocket();
    const heard = vi.fn();
    const end = listen(socket, 'news', heard);
    listen(socket, 'news', heard);
    end();
    end();
    wire.receive('2["news"]');
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it('refuses an invalid signal', () => {
    const { socket } = joinedSocket();
    const signal = {} as AbortSignal;
    expect(() => listen(socket, 'news', () => {}, { signal })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION' }),
    );
    expect(socket.hasListeners('news')).toBe(false);
  });
});

describe('next', () => {
  it('resolves with the arguments of the next event only', async () => {
    const { socket, wire } = joinedSocket();
    const first = next(socket, 'news');
    wire.receive('2["news",1,2]', '2["news",3]');
    expect(await first).toEqual([1, 2]);
    expect(socket.hasListeners('news')).toBe(false);
  });

  it('rejects with the reason of its signal', async () => {
    const { socket } = joinedSocket();
    const controller = new AbortController();
    const waiting = next(socket, 'news', { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(next(socket, 'news', { signal: controller.signal })).rejects.toThrow('enough');
    expect(socket.hasListeners('news')).toBe(false);
  });

  it('rejects an invalid signal', async () => {
    const { socket } = joinedSocket();
    await expect(next(socket, 'news', { signal: 5 as never })).rejects.toMatchObject({ code: 'BAD_OPTION' });
    expect(socket.hasListeners('news')).toBe(false);
  });
});
