import { describe, expect, it } from 'vitest';
import { Manager } from '../../../src/io.js';
import { debug, filterSelects } from '../../../src/plugins/inspector/debug.js';
import { useManagers } from '../../support/fake-managers.js';

const managers = useManagers();

describe('the filter of debug lines', () => {
  it.each([
    ['holdfast*', 'holdfast:packet', true],
    ['*', 'holdfast:packet', true],
    ['holdfast:state', 'holdfast:packet', false],
    ['app, holdfast:state', 'holdfast:state', true],
    ['holdfast*,-holdfast:packet', 'holdfast:packet', false],
    ['-holdfast:packet holdfast*', 'holdfast:state', true],
    ['engine*', 'holdfast:state', false],
    ['holdfast', 'holdfast:state', false],
    ['', 'holdfast:state', false],
    ['hold(fast', 'holdfast:state', false],
  ])('%s selects %s: %s', (filter, name, selected) => {
    expect(filterSelects(filter, name)).toBe(selected);
  });
});

describe('debug', () => {
  it('prints a line for each event, without packet contents', async () => {
    const lines: string[] = [];
    const { manager, socket, below } = await managers.joined();
    const end = debug(manager, { filter: 'holdfast*', print: (line) => lines.push(line) });
    socket.emit('price', 'private', () => {});
    below.gives('message', '30["private"]');
    below.closes();
    end();
    socket.emit('price');
    const text = lines.map((line) => line.replace(/\+\d+ms/, '+0ms').replace(/[\d.]+ ms/, 'n ms'));
    expect(text).toEqual([
      'holdfast:state +0ms connected over websocket',
      'holdfast:rtt +0ms round trip n ms',
      'holdfast:packet +0ms → / event "price" #0, 22 B',
      'holdfast:packet +0ms ← / ack "price" #0, 14 B, after n ms',
      'holdfast:namespace +0ms / left: transport close',
      'holdfast:state +0ms waiting, next attempt in n ms (transport close)',
    ]);
    expect(lines.join()).not.toContain('private');
  });

  it('prints packet contents if requested', async () => {
    const lines: string[] = [];
    const { manager, socket } = await managers.joined();
    debug(manager, { filter: 'holdfast:packet', payloads: true, print: (line) => lines.push(line) });
    socket.emit('price', 12);
    expect(lines).toEqual([expect.stringContaining('["price",12]')]);
  });

  it('observes nothing if the filter selects nothing', async () => {
    const { manager } = await managers.joined({ coach: false });
    debug(manager, { filter: 'engine,socket.io-client' });
    debug(manager);
    expect(manager._observers.length).toBe(0);
  });

  it('without a connection, prints for every connection of the page, existing or later, until it ends', () => {
    const lines: string[] = [];
    const options = { autoConnect: false, coach: false };
    const before = new Manager('http://host.test', options);
    const end = debug(undefined, { filter: 'holdfast:*', print: (line) => lines.push(line) });
    const printed = lines.length;
    const later = new Manager('http://host.test', options);
    expect([before, later].map(({ _observers }) => _observers.length)).toEqual([1, 1]);
    expect(lines.slice(printed)).toEqual(['holdfast:state +0ms idle']);
    end();
    const after = new Manager('http://host.test', options);
    expect([before, later, after].map(({ _observers }) => _observers.length)).toEqual([0, 0, 0]);
  });
});
