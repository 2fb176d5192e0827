import { beforeEach, describe, expect, it } from 'vitest';
import type { TappedConnection } from '../../src/playwright/proxy.js';
import { describeConnection, Traffic } from '../../src/playwright/traffic.js';
import { FakeEnvironment } from '../support/fake-environment.js';

/** What `holdfast/playwright` reads in the traffic of a page. */

const URL = 'ws://server.test/socket.io/?EIO=4&transport=websocket';
let traffic: Traffic;
let wire: TappedConnection;
let environment: FakeEnvironment;

beforeEach(() => {
  environment = new FakeEnvironment();
  traffic = new Traffic(environment);
  wire = traffic.opened('websocket', URL);
  wire.received('0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000}');
});

describe('a refusal', () => {
  it("is reported with the server's message, until the page has joined the namespace", () => {
    wire.received('44{"message":"not authorised"}');
    wire.received('44/news,{"message":"Invalid namespace","data":{"a":1}}');
    const seen = traffic.find();
    expect(seen.refusals).toEqual([
      { namespace: '/', message: 'not authorised' },
      { namespace: '/news', message: 'Invalid namespace' },
    ]);
    expect(describeConnection(seen)).toBe(
      [
        'Seen: connecting (http://server.test/socket.io/)',
        '  the server refused /: not authorised',
        '  the server refused /news: Invalid namespace',
        'Tried:',
        '  websocket: won',
      ].join('\n'),
    );
    wire.received('40{"sid":"b"}');
    expect(traffic.find().refusals.map(({ namespace }) => namespace)).toEqual(['/news']);
  });

  it.each([
    ['44"old text"', 'old text'],
    ['44{}', '{}'],
    ['44{"message":7}', '{"message":7}'],
  ])('in another form is shown as it is: %s', (message, text) => {
    wire.received(message);
    expect(traffic.find().refusals).toEqual([{ namespace: '/', message: text }]);
  });

  it('of a probe of the library is none', () => {
    wire.received('44/holdfast-probe-0,{"message":"Invalid namespace"}');
    expect(traffic.find().refusals).toEqual([]);
  });

  it('is none if the page itself sends such a packet', () => {
    wire.sent('44{"message":"mine"}');
    expect(traffic.find().refusals).toEqual([]);
  });
});

describe('transports that are tried side by side', () => {
  const POLLING = 'http://server.test/socket.io/?EIO=4&transport=polling';
  const handshake = '0{"sid":"b","upgrades":[],"pingInterval":25000,"pingTimeout":20000}';

  it('do not end each other: the slower one is seen late, and closed by the page', () => {
    const slower = traffic.opened('polling', POLLING);
    slower.received(handshake);
    traffic.opened('polling', `${POLLING}&sid=b`).sent('1');
    expect(traffic.find().status).toBe('connecting');
    wire.received('40{"sid":"c"}');
    expect(traffic.find()).toMatchObject({ status: 'connected', alive: true, transport: 'websocket' });
    wire.sent('41');
    expect(traffic.find().status).toBe('closed');
  });

  it('replace a connection that the network has ended', () => {
    wire.received('40{"sid":"c"}');
    traffic.died();
    traffic.opened('websocket', URL);
    expect(traffic.find()).toMatchObject({ status: 'reconnecting', alive: false });
  });

  it('replace an older connection', () => {
    wire.received('40{"sid":"c"}');
    environment.clock.advance(2_001);
    traffic.opened('websocket', URL);
    expect(traffic.find().status).toBe('reconnecting');
  });
});
