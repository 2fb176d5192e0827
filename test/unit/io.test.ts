import { afterEach, describe, expect, it, vi } from 'vitest';
import * as holdfast from '../../src/index.js';
import { io, Manager } from '../../src/io.js';
import type { Options } from '../../src/platform/options.js';
import { Socket } from '../../src/socket/socket.js';

const off = { autoConnect: false };
let hosts = 0;
/** A server that no other test uses. */
const server = (): string => `http://host${hosts++}.test:3000`;

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('sockets of one server', () => {
  it('share a manager, whatever their namespaces', () => {
    const host = server();
    const [root, admin] = [io(host, off), io(`${host}/admin`, off)];
    expect(root.io).toBe(admin.io);
    expect([root.nsp, admin.nsp]).toEqual(['/', '/admin']);
  });

  it('share it, however the address is spelled', () => {
    const root = io('http://Spelling.test/', off);
    const others = ['http://spelling.test:80/a', 'HTTP://SPELLING.TEST/b', 'ws://spelling.test/c'].map(
      (address) => io(address, off),
    );
    for (const other of others) expect(other.io).toBe(root.io);
  });

  it.each<[string, string, string, object, object]>([
    ['host', 'http://one.test', 'http://two.test/a', {}, {}],
    ['port', 'http://port.test:1', 'http://port.test:2/a', {}, {}],
    ['scheme', 'http://scheme.test', 'https://scheme.test/a', {}, {}],
    ['scheme, of WebSocket', 'ws://wscheme.test', 'wss://wscheme.test/a', {}, {}],
    ['path', 'http://path.test', 'http://path.test/a', {}, { path: '/other' }],
  ])('do not share it with a server that has another %s', (_what, first, second, one, two) => {
    expect(io(first, { ...off, ...one }).io).not.toBe(io(second, { ...off, ...two }).io);
  });

  it('share it if one of them names the default path', () => {
    const host = server();
    const root = io(host, off);
    expect(io(`${host}/a`, { ...off, path: '/socket.io' }).io).toBe(root.io);
    expect(io(`${host}/b`, { ...off, path: '' }).io).toBe(root.io);
  });

  it.each<[string, object]>([
    ['forceNew', { forceNew: true }],
    ['"force new connection"', { 'force new connection': true }],
    ['multiplex: false', { multiplex: false }],
  ])('have their own manager with %s, which is not shared', (_what, options) => {
    const host = server();
    const shared = io(host, off);
    const own = io(`${host}/a`, { ...off, ...options });
    expect(own.io).not.toBe(shared.io);
    expect(io(`${host}/b`, off).io).toBe(shared.io);
    const first = io(server(), { ...off, ...options });
    expect(io(`${(first.io as Manager).uri}/a`, off).io).not.toBe(first.io);
  });

  it('have their own manager if the shared one already has the namespace', () => {
    const host = server();
    const [first, second] = [io(host, off), io(host, off)];
    expect(second).not.toBe(first);
    expect(second.io).not.toBe(first.io);
    const third = io(`${host}/a`, off);
    expect(third.io).toBe(first.io);
  });

  it('share it with forceNew: false and multiplex: true', () => {
    const host = server();
    const root = io(host, { ...off, forceNew: false, multiplex: true });
    expect(io(`${host}/a`, { ...off, forceNew: false }).io).toBe(root.io);
  });
});

describe('the query of an address', () => {
  it('becomes the engine’s query, unless the options have one', () => {
    expect((io(`${server()}/?token=1`, off).io as Manager).opts.query).toBe('token=1');
    const query = { token: '2' };
    expect((io(`${server()}/?token=1`, { ...off, query }).io as Manager).opts.query).toEqual(query);
  });

  it('never gets into the program’s options, nor to another server', () => {
    const options = Object.freeze({ ...off });
    io(`${server()}/?token=secret`, options);
    const other = io(server(), options);
    expect(options).toEqual(off);
    expect((other.io as Manager).opts.query).toBeUndefined();
  });
});

describe('an address', () => {
  it('may be omitted on a page', () => {
    vi.stubGlobal('location', { protocol: 'https:', host: 'page.test:8443' });
    const socket = io(off);
    expect((socket.io as Manager).uri).toBe('https://page.test:8443');
    expect(socket.nsp).toBe('/');
    expect(io('/admin', off).io).toBe(socket.io);
    expect(io('//elsewhere.test', off).io).toMatchObject({ uri: 'https://elsewhere.test' });
  });

  it.each([[undefined], ['/admin'], ['']])('%j is an error without a page', (address) => {
    expect(() => io(address as string, off)).toThrow(expect.objectContaining({ code: 'BAD_ADDRESS' }));
  });

  it.each([['ftp://host'], ['http://host:port'], ['http://a b'], [5], [true], [Symbol('a')], [1n]])(
    '%s is an error at the call',
    (address) => {
      expect(() => io(address as string, off)).toThrow(expect.objectContaining({ code: 'BAD_ADDRESS' }));
    },
  );
});

describe('a page that extends Object.prototype', () => {
  afterEach(() => {
    for (const name of ['href', 'auth']) Reflect.deleteProperty(Object.prototype, name);
  });

  it.each(['http://elsewhere.test', () => 'http://elsewhere.test'])(
    'by href connects to the given address',
    (href) => {
      Object.assign(Object.prototype, { href });
      const options = { ...off, forceNew: true };
      expect((io('http://given.test', options).io as Manager).uri).toMatch(/given\.test/);
      expect((io(new URL('http://given.test') as never, options as never).io as Manager).uri).toMatch(
        /given\.test/,
      );
    },
  );
});

describe('options', () => {
  it.each<[string, object]>([
    ['transports', { transports: ['smoke'] }],
    ['timeout', { timeout: 'soon' }],
    ['reconnectionDelay', { reconnectionDelay: -1 }],
    ['auth', { auth: 'token' }],
    ['retries', { retries: 'many' }],
    ['path', { path: 5 }],
  ])('that are invalid are an error at the call that names them: %s', (name, options) => {
    const call = (): unknown => io(server(), { ...off, ...options } as Options);
    expect(call).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(call).toThrow(`"${name}"`);
  });

  it('a list of addresses: the error names the plugin', () => {
    expect(() => io(['http://a', 'http://b'] as never)).toThrow(/endpoints\(\) of holdfast\/endpoints/);
  });

  it('may be missing or undefined', () => {
    const socket = io(server(), { ...off, path: undefined, timeout: undefined, auth: undefined } as never);
    const manager = socket.io as Manager;
    expect([manager.opts.path, manager.timeout()]).toEqual(['/socket.io', 20_000]);
    expect(() => io(server(), null as never).disconnect()).not.toThrow();
  });

  it('of the socket are passed on to it', () => {
    expect(io(server(), { ...off, auth: { token: 1 } }).auth).toEqual({ token: 1 });
  });
});

describe('the exports', () => {
  it('are those of the official client', () => {
    expect(holdfast.default).toBe(io);
    expect(holdfast.connect).toBe(io);
    expect(holdfast.io).toBe(io);
    expect([holdfast.Manager, holdfast.Socket, holdfast.protocol]).toEqual([Manager, Socket, 5]);
    const { Fetch, NodeXHR, XHR, NodeWebSocket, WebSocket, WebTransport } = holdfast;
    for (const transport of [Fetch, NodeXHR, XHR, NodeWebSocket, WebSocket, WebTransport]) {
      expect(transport).toBeTypeOf('function');
    }
  });

  it('are on io, too', () => {
    const { connect, Manager: manager, Socket: socket, protocol } = io;
    expect([manager, socket, protocol]).toEqual([Manager, Socket, 5]);
    const host = server();
    expect(connect(host, off).io).toBe(io.io(`${host}/a`, off).io);
    expect(io(server(), off)).toBeInstanceOf(Socket);
  });
});
