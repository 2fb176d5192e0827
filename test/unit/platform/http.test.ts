import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CookieJar } from '../../../src/platform/cookies.js';
import { type HttpRequest, type HttpResponse, request } from '../../../src/platform/http.js';
import { NodeXhr } from '../../support/node-xhr.js';
import { freePort, host, listen } from '../../support/ports.js';
import { SimulatedClock } from '../../support/simulated-clock.js';
import { within } from '../../support/waiting.js';

interface Seen {
  readonly method: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

let servers: Server[] = [];
let answer: RequestListener;
let other: RequestListener;
let seen: Seen[] = [];
/** Resolves when the client has left before the response. */
let gone: Promise<void>;
let url: string;
let otherUrl: string;
const strays: unknown[] = [];
const stray = (error: unknown): void => void strays.push(error);

beforeAll(async () => {
  process.on('unhandledRejection', stray);
  const urls: string[] = [];
  for (const listener of [() => answer, () => other]) {
    const server = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      gone = new Promise((resolve) => {
        outgoing.on('close', () => outgoing.writableFinished || resolve());
      });
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        seen.push({ method: incoming.method, headers: incoming.headers, body: Buffer.concat(chunks) });
        listener()(incoming, outgoing);
      });
    });
    const port = await freePort();
    await listen(server, port);
    servers.push(server);
    urls.push(`http://${host}:${port}/socket.io/`);
  }
  [url, otherUrl] = urls as [string, string];
});

beforeEach(() => {
  seen = [];
  answer = (_incoming, outgoing) => outgoing.end('ok');
  other = (_incoming, outgoing) => outgoing.end('stolen');
});

afterEach(() => {
  vi.unstubAllGlobals();
  expect(strays).toEqual([]);
});

afterAll(() => {
  process.off('unhandledRejection', stray);
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers = [];
});

const MAX_BYTES = 100_000;

function send(given: Partial<HttpRequest> = {}): Promise<HttpResponse> {
  const asked = new Promise<HttpResponse>((resolve, reject) => {
    request({ url, maxBytes: MAX_BYTES, ...given }, (error, response) => {
      if (response) resolve(response);
      else reject(error);
    });
  });
  return within(asked, 'the answer');
}

/** Sends an endless response, as fast as it is read. */
const endless =
  (status: number): RequestListener =>
  (_incoming, outgoing) => {
    outgoing.writeHead(status);
    const more = (): void => {
      while (!outgoing.destroyed && outgoing.write('x'.repeat(10_000)));
    };
    outgoing.on('drain', more);
    more();
  };

describe.each(['fetch', 'XMLHttpRequest'])('a request over %s', (name) => {
  beforeEach(() => {
    if (name === 'fetch') return;
    vi.stubGlobal('fetch', undefined);
    vi.stubGlobal('XMLHttpRequest', NodeXhr);
  });

  it('reads text', async () => {
    answer = (_incoming, outgoing) => outgoing.end('0{"sid":"ä€😀"}');
    const response = await send();
    expect([response.status, response.text]).toEqual([200, '0{"sid":"ä€😀"}']);
    expect(seen.map(({ method }) => method)).toEqual(['GET']);
    expect(seen[0]?.headers['content-type']).toBeUndefined();
  });

  it('reads text whose characters are split between two chunks', async () => {
    const bytes = Buffer.from('€€');
    answer = (_incoming, outgoing) => {
      outgoing.write(bytes.subarray(0, 4));
      setTimeout(() => outgoing.end(bytes.subarray(4)), 20);
    };
    expect((await send()).text).toBe('€€');
  });

  it('reads text that arrives byte by byte', async () => {
    const text = 'abcdefghij'.repeat(300);
    answer = (_incoming, outgoing) => {
      for (const character of text) outgoing.write(character);
      outgoing.end();
    };
    expect((await send()).text).toBe(text);
  });

  it('reads bytes, and no more than arrived', async () => {
    answer = (_incoming, outgoing) => outgoing.end(Uint8Array.of(0, 255, 128, 1));
    const { bytes } = await send({ binary: true });
    expect(bytes).toEqual(Uint8Array.of(0, 255, 128, 1));
    expect(bytes?.buffer.byteLength).toBe(4);
  });

  it('reads an empty response', async () => {
    answer = (_incoming, outgoing) => outgoing.end();
    expect((await send()).text).toBe('');
    expect((await send({ binary: true })).bytes).toEqual(new Uint8Array(0));
    answer = (_incoming, outgoing) => outgoing.writeHead(204).end();
    expect((await send()).text).toBe('');
  });

  it('posts text', async () => {
    await send({ body: '4ä' });
    expect(seen).toMatchObject([
      { method: 'POST', headers: { 'content-type': 'text/plain;charset=UTF-8' }, body: Buffer.from('4ä') },
    ]);
  });

  it('posts bytes, and empty text', async () => {
    await send({ body: Uint8Array.of(4, 200) });
    await send({ body: '' });
    expect(seen).toMatchObject([
      {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: Buffer.from([4, 200]),
      },
      { method: 'POST', headers: { 'content-type': 'text/plain;charset=UTF-8' }, body: Buffer.alloc(0) },
    ]);
  });

  it("sends the program's headers, but not two content types", async () => {
    const headers = { 'X-Token': 'secret', 'Content-Type': 'application/json' };
    await send({ headers, body: '4' });
    await send({ headers });
    expect(seen.map((one) => [one.headers['x-token'], one.headers['content-type']])).toEqual([
      ['secret', 'text/plain;charset=UTF-8'],
      ['secret', 'application/json'],
    ]);
    expect(headers).toEqual({ 'X-Token': 'secret', 'Content-Type': 'application/json' });
  });

  it('finds a header whatever its case, and null where there is none', async () => {
    answer = (_incoming, outgoing) => outgoing.setHeader('Retry-After', '120').end();
    const { header } = await send();
    expect([header('Retry-After'), header('retry-after'), header('after'), header('x')]).toEqual([
      '120',
      '120',
      null,
      null,
    ]);
  });

  it.each([400, 404, 429, 500, 503])('reads a response of status %i, too', async (status) => {
    answer = (_incoming, outgoing) => outgoing.writeHead(status).end('{"code":1}');
    expect(await send()).toMatchObject({ status, text: '{"code":1}' });
    expect(await send({ binary: true })).toMatchObject({ status });
  });

  it('reads no more than 64 kB of an error page', async () => {
    answer = (_incoming, outgoing) => outgoing.writeHead(502).end('x'.repeat(90_000));
    expect((await send()).text).toBe('x'.repeat(65_536));
  });

  it('reads no more than 64 kB of an error page that never ends', async () => {
    answer = endless(500);
    expect((await send()).text).toBe('x'.repeat(65_536));
    await within(gone, 'the end of the request');
    expect((await send({ maxBytes: 10 })).text).toBe('x'.repeat(10));
    await within(gone, 'the end of the request');
    expect((await send({ binary: true })).status).toBe(500);
    await within(gone, 'the end of the request');
  });

  it('reads a response of the largest size, and none larger', async () => {
    answer = (_incoming, outgoing) => outgoing.end('x'.repeat(1_000));
    expect((await send({ maxBytes: 1_000 })).text.length).toBe(1_000);
    await expect(send({ maxBytes: 999 })).rejects.toThrow('more than 999 bytes');
    await expect(send({ maxBytes: 999, binary: true })).rejects.toThrow('more than 999 bytes');
  });

  it('counts bytes, not characters', async () => {
    answer = (_incoming, outgoing) => outgoing.end('€'.repeat(1_000));
    expect((await send({ maxBytes: 3_000 })).text.length).toBe(1_000);
    await expect(send({ maxBytes: 2_999 })).rejects.toThrow('more than 2999 bytes');
  });

  it.each([false, true])('stops reading a response that never ends (binary: %s)', async (binary) => {
    answer = endless(200);
    await expect(send({ binary })).rejects.toThrow('more than 100000 bytes');
    await within(gone, 'the end of the request');
  });

  it('fails if the body is cut off', async () => {
    answer = (_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-length': 100 });
      outgoing.write('half');
      setTimeout(() => outgoing.destroy(), 20);
    };
    await expect(send()).rejects.toBeInstanceOf(Error);
    await expect(send({ binary: true })).rejects.toBeInstanceOf(Error);
  });

  it('fails if the server closes without a response, or does not exist', async () => {
    answer = (_incoming, outgoing) => outgoing.destroy();
    await expect(send()).rejects.toBeInstanceOf(Error);
    await expect(send({ url: `http://${host}:${await freePort()}/` })).rejects.toBeInstanceOf(Error);
  });

  it('fails asynchronously if the request cannot be made', async () => {
    let sync = true;
    const failed = new Promise((resolve) => {
      request({ url: 'http://[', maxBytes: 1 }, (error) => resolve([sync, error]));
    });
    sync = false;
    expect(await within(failed, 'the error')).toEqual([false, expect.any(Error)]);
    await expect(send({ headers: { a: 'b\nc: d' } })).rejects.toBeInstanceOf(Error);
  });

  it('takes no answer from another origin', async () => {
    answer = (_incoming, outgoing) => outgoing.writeHead(307, { location: otherUrl }).end();
    const status = await send().then(
      (response) => response.status,
      () => 'rejected',
    );
    // XMLHttpRequest follows redirects.
    expect(status).toBe(globalThis.XMLHttpRequest ? 'rejected' : 307);
  });

  it('aborts after its timeout', async () => {
    const clock = new SimulatedClock();
    const arrived = new Promise<void>((resolve) => {
      answer = () => resolve();
    });
    const failed = new Promise((resolve) => {
      request({ url, maxBytes: 1, timeoutMs: 5_000 }, resolve, clock);
    });
    await within(arrived, 'the request');
    clock.advance(4_999);
    expect(clock.pending).toBe(1);
    clock.advance(1);
    expect(await failed).toMatchObject({ message: 'timeout' });
    await within(gone, 'the end of the request');
  });

  it('aborts in the middle of a response', async () => {
    const clock = new SimulatedClock();
    const begun = new Promise<void>((resolve) => {
      answer = (_incoming, outgoing) => {
        outgoing.write('0{');
        setTimeout(resolve, 20);
      };
    });
    const failed = new Promise((resolve) => {
      request({ url, maxBytes: 1_000, timeoutMs: 5_000 }, resolve, clock);
    });
    await within(begun, 'the request');
    clock.advance(5_000);
    expect(await failed).toMatchObject({ message: 'timeout' });
    await within(gone, 'the end of the request');
  });

  it.each([0, undefined])('has no timeout with %s', async (timeoutMs) => {
    const clock = new SimulatedClock();
    await new Promise((resolve) => request({ url, maxBytes: 10, timeoutMs }, resolve, clock));
    expect(clock.pending).toBe(0);
  });

  it('leaves no timer behind, however it ends', async () => {
    const clock = new SimulatedClock();
    const given = { url, maxBytes: 1_000, timeoutMs: 5_000 };
    await new Promise((resolve) => request(given, resolve, clock));
    answer = (_incoming, outgoing) => outgoing.destroy();
    await new Promise((resolve) => request(given, resolve, clock));
    request(given, () => {}, clock)();
    expect(clock.pending).toBe(0);
  });

  it.each<[phase: string, listener: (reached: () => void) => RequestListener]>([
    ['before it is sent', () => () => {}],
    ['before it is answered', (reached) => reached],
    [
      'behind the head',
      (reached) => (_incoming, outgoing) => {
        outgoing.flushHeaders();
        setTimeout(reached, 20);
      },
    ],
    [
      'in the middle of the body',
      (reached) => (_incoming, outgoing) => {
        outgoing.write('half');
        setTimeout(reached, 20);
      },
    ],
    ['when it has ended', () => (_incoming, outgoing) => outgoing.end('whole')],
  ])('reports nothing after it was cancelled %s', async (phase, listener) => {
    const done = vi.fn();
    let cancel = (): void => {};
    const reached = new Promise<void>((resolve) => {
      answer = listener(resolve);
      if (phase === 'when it has ended') done.mockImplementation(resolve);
      cancel = request({ url, maxBytes: 1_000 }, done);
      if (phase === 'before it is sent') resolve();
    });
    await within(reached, phase);
    const calls = done.mock.calls.length;
    expect(() => {
      cancel();
      cancel();
    }).not.toThrow();
    if (phase === 'before it is answered' || phase.includes('he ')) await within(gone, 'the end of it');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(done.mock.calls.length).toBe(calls);
    expect(calls).toBe(phase === 'when it has ended' ? 1 : 0);
  });

  it('may be cancelled during its callback', async () => {
    const cancel = vi.fn();
    await within(
      new Promise<void>((resolve) => {
        const stop = request({ url, maxBytes: 10 }, () => {
          stop();
          cancel();
          resolve();
        });
      }),
      'the answer',
    );
    expect(cancel).toHaveBeenCalledOnce();
  });
});

describe('over fetch', () => {
  it('a gzip bomb is not unpacked beyond the limit', async () => {
    // Not at once: a connection that waits would be closed by the server meanwhile.
    const bomb = await promisify(gzip)(Buffer.alloc(200_000_000));
    answer = (_incoming, outgoing) => outgoing.setHeader('content-encoding', 'gzip').end(bomb);
    const before = process.memoryUsage().rss;
    await expect(send()).rejects.toThrow('more than 100000 bytes');
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
    answer = (_incoming, outgoing) => outgoing.writeHead(500, { 'content-encoding': 'gzip' }).end(bomb);
    expect((await send()).text.length).toBe(65_536);
  });

  it('a redirect is not followed, not even to the same origin', async () => {
    answer = (_incoming, outgoing) => outgoing.writeHead(302, { location: url }).end();
    expect((await send()).status).toBe(302);
    answer = (_incoming, outgoing) => outgoing.writeHead(307, { location: otherUrl }).end();
    expect((await send({ headers: { authorization: 'secret' }, body: '4' })).status).toBe(307);
    expect(seen.length).toBe(2);
  });

  it('a platform that refuses the redirect mode `error`, as Cloudflare Workers do, can send requests', async () => {
    const { fetch } = globalThis;
    vi.stubGlobal('fetch', async (input: string, given: RequestInit) => {
      if (!/^(follow|manual)$/.test(given.redirect ?? 'follow'))
        throw new TypeError('Invalid redirect value');
      return fetch(input, given);
    });
    answer = (_incoming, outgoing) => outgoing.end('ok');
    expect((await send()).text).toBe('ok');
  });

  it('every line of Set-Cookie is kept, and sent back', async () => {
    answer = (_incoming, outgoing) => outgoing.setHeader('set-cookie', ['a=1; Path=/', 'b=2']).end();
    const jar = new CookieJar();
    await send({ jar });
    expect([...jar.cookies].map(([name, { value }]) => [name, value])).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    await send({ jar });
    expect(seen.at(-1)?.headers.cookie).toBe('a=1; b=2');
  });

  const init = async (given: Partial<HttpRequest>): Promise<RequestInit | undefined> => {
    const stub = vi.fn<typeof fetch>(async () => new Response('ok'));
    vi.stubGlobal('fetch', stub);
    await send(given);
    return stub.mock.calls[0]?.[1];
  };

  it('cookies are sent to other origins only if requested', async () => {
    expect(await init({})).toMatchObject({
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'manual',
    });
    expect(await init({ withCredentials: true })).toMatchObject({ credentials: 'include' });
  });

  it('a request outlives the page if it may, and if its body is small enough', async () => {
    expect(await init({ body: '1' })).toMatchObject({ keepalive: false });
    expect(await init({ body: '1', keepalive: true })).toMatchObject({ keepalive: true });
    expect(await init({ body: 'x'.repeat(60_000), keepalive: true })).toMatchObject({ keepalive: true });
    expect(await init({ body: '€'.repeat(20_001), keepalive: true })).toMatchObject({ keepalive: false });
    expect(await init({ body: new Uint8Array(60_001), keepalive: true })).toMatchObject({ keepalive: false });
  });

  /** What React Native gives: an answer without a stream. */
  function withoutStream(status: number, text: string, responseUrl = url): void {
    const bytes = new TextEncoder().encode(text);
    vi.stubGlobal('fetch', async () => ({
      status,
      url: responseUrl,
      headers: new Headers(),
      text: async () => text,
      arrayBuffer: async () => bytes.buffer,
    }));
  }

  it('the limits also apply without a stream', async () => {
    withoutStream(200, 'x'.repeat(1_000));
    expect((await send({ maxBytes: 1_000 })).text.length).toBe(1_000);
    expect((await send({ binary: true })).bytes?.length).toBe(1_000);
    await expect(send({ maxBytes: 999 })).rejects.toThrow('more than 999 bytes');
    await expect(send({ maxBytes: 999, binary: true })).rejects.toThrow('more than 999 bytes');
    withoutStream(500, 'x'.repeat(90_000));
    expect((await send()).text.length).toBe(65_536);
    expect((await send({ binary: true })).text.length).toBe(65_536);
  });

  it('without AbortController, requests are answered, and a cancelled one is silent', async () => {
    vi.stubGlobal('AbortController', undefined);
    withoutStream(200, 'ok');
    expect((await send()).text).toBe('ok');
    const done = vi.fn();
    request({ url, maxBytes: 100 }, done)();
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).not.toHaveBeenCalled();
  });

  it('a response of another origin is rejected if a platform follows redirects anyway', async () => {
    withoutStream(200, 'stolen', otherUrl);
    await expect(send()).rejects.toThrow('another origin');
    withoutStream(200, 'ok', `http://${host.toUpperCase()}:80/`);
    expect((await send({ url: `http://${host}/` })).text).toBe('ok');
    vi.stubGlobal('URL', class {});
    withoutStream(200, 'ok', otherUrl);
    expect((await send()).text).toBe('ok');
  });

  it('a fetch that throws, or rejects with nothing, is an error like others', async () => {
    vi.stubGlobal('fetch', () => {
      throw new Error('mocked');
    });
    await expect(send()).rejects.toThrow('mocked');
    vi.stubGlobal('fetch', () => Promise.reject());
    await expect(send()).rejects.toThrow('request failed');
  });
});

it('over XMLHttpRequest, cookies are sent to other origins only if requested', async () => {
  vi.stubGlobal('fetch', undefined);
  const made: NodeXhr[] = [];
  vi.stubGlobal(
    'XMLHttpRequest',
    class extends NodeXhr {
      constructor() {
        super();
        made.push(this);
      }
    },
  );
  await send();
  await send({ withCredentials: true });
  expect(made.map(({ withCredentials }) => withCredentials)).toEqual([false, true]);
});

it('is an error if there is neither', async () => {
  vi.stubGlobal('fetch', undefined);
  await expect(send()).rejects.toBeInstanceOf(Error);
});
