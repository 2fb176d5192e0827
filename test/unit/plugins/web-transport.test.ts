import { describe, expect, it } from 'vitest';
import type { Manager } from '../../../src/io.js';
import type { Options } from '../../../src/platform/options.js';
import { webTransport } from '../../../src/plugins/index.js';
import { messages, useManagers } from '../../support/fake-managers.js';
import { type FakeTransport, settled } from '../../support/fake-transports.js';

const fake = useManagers();
const LIST = ['webtransport', 'websocket', 'polling'];
const MINUTE = 60_000;

const make = (options: Options = {}): Manager =>
  fake.make({ ...fake.over(...LIST), plugins: [webTransport()], verify: false, ...options });
const of = (name: string): FakeTransport =>
  fake.network.made.filter((one) => one.name === name).at(-1) as FakeTransport;

/** A newly loaded page: the names of its first transports, which are all silent. */
async function visit(options: Options = {}): Promise<string[]> {
  fake.network.made.length = 0;
  const manager = make(options);
  await settled();
  const names = fake.network.made.map(({ name }) => name);
  for (let i = 0; i < 3; i++) fake.world.clock.advance(3_000);
  const order = [...new Set([...names, ...fake.network.made.map(({ name }) => name)])];
  manager._close();
  await settled();
  return order;
}

/** A page to which this transport connects, after those before it have failed. */
async function connectOver(name: string, options: Options = {}): Promise<Manager> {
  fake.network.made.length = 0;
  const manager = make(options);
  await settled();
  while (fake.network.last.name !== name) fake.network.last.fails();
  fake.network.last.shakes();
  await settled();
  expect(manager.transport).toBe(name);
  return manager;
}

describe('when WebTransport is listed first', () => {
  it('it is tried first, and the others in the order of the list', async () => {
    expect(await visit()).toEqual(LIST);
  });

  it('and it failed while another transport worked, it is tried last from then on', async () => {
    (await connectOver('websocket'))._close();
    expect(await visit()).toEqual(['websocket', 'polling', 'webtransport']);
  });

  it('and it was slower than its head start, it is tried last as well', async () => {
    const manager = make();
    await settled();
    fake.world.clock.advance(1_000);
    of('websocket').shakes();
    manager._close();
    expect(await visit()).toEqual(['websocket', 'polling', 'webtransport']);
  });

  it('and nothing worked, nothing is learned', async () => {
    const manager = make({ reconnection: false });
    await settled();
    for (const name of LIST) of(name).fails();
    await settled();
    manager._close();
    expect(await visit()).toEqual(LIST);
  });

  it('and it opened without an answer of the server, it is tried last once another transport has an answer', async () => {
    const manager = make();
    const socket = manager.socket('/');
    await settled();
    of('webtransport').shakes();
    await settled();
    // Nothing answers CONNECT.
    fake.world.clock.advance(8_000);
    await settled();
    of('websocket').shakes();
    of('websocket').gives('message', '0{"sid":"a"}');
    await messages(of('websocket'));
    expect(socket.connected).toBe(true);
    manager._close();
    expect(await visit()).toEqual(['websocket', 'polling', 'webtransport']);
  });

  it('a failure is forgotten after half an hour', async () => {
    (await connectOver('websocket'))._close();
    fake.world.clock.advance(30 * MINUTE);
    expect(await visit()).toEqual(LIST);
  });

  it('a failure is forgotten when the network changes', async () => {
    const manager = await connectOver('websocket');
    fake.world.signals.tell('moved');
    manager._close();
    expect(await visit()).toEqual(LIST);
  });

  it('a failure is forgotten once it works', async () => {
    (await connectOver('websocket'))._close();
    const manager = make();
    await settled();
    for (const name of ['websocket', 'polling']) of(name).fails();
    of('webtransport').shakes();
    await settled();
    expect(manager.transport).toBe('webtransport');
    manager._close();
    expect(await visit()).toEqual(LIST);
  });

  it('a transport that worked before does not overtake it with `rememberUpgrade`', async () => {
    (await connectOver('webtransport', { rememberUpgrade: true }))._close();
    expect(await visit({ rememberUpgrade: true })).toEqual(LIST);
  });
});

describe('when WebTransport is listed after others', () => {
  const behind = (): Options => fake.over('polling', 'websocket', 'webtransport');

  it('it stays there', async () => {
    expect(await visit(behind())).toEqual(['polling', 'websocket', 'webtransport']);
  });

  it('it comes first with `rememberUpgrade` once a session has moved to it', async () => {
    const options = { ...behind(), rememberUpgrade: true };
    const manager = make(options);
    await settled();
    of('polling').shakes({ upgrades: ['websocket', 'webtransport'] });
    of('webtransport').opens();
    of('webtransport').gives('pong', 'probe');
    of('polling').paused?.();
    expect(manager.transport).toBe('webtransport');
    manager._close();
    await settled();
    expect((await visit(options))[0]).toBe('webtransport');
  });
});
