import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Engine, XHR } from '../../../src/connection/engine.js';
import { guard } from '../../../src/connection/transports.js';

const HANDSHAKE = '0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000}';

/** The browser's XMLHttpRequest, as far as polling uses it; answered by the test. */
class Request {
  static made: Request[] = [];
  method = '';
  url = '';
  readyState = 1;
  status = 0;
  responseText = '';
  responseType = '';
  withCredentials = false;
  aborted = false;
  onreadystatechange: (() => void) | null = null;

  constructor() {
    Request.made.push(this);
  }
  open(method: string, url: string): void {
    this.method = method;
    this.url = url;
  }
  setRequestHeader(): void {}
  getResponseHeader(): null {
    return null;
  }
  send(): void {}
  abort(): void {
    this.aborted = true;
  }
  answer(text: string): void {
    this.readyState = 4;
    this.status = 200;
    this.responseText = text;
    this.onreadystatechange?.();
  }
}

const sent = (method: string): Request[] => Request.made.filter((request) => request.method === method);

function openEngine(): Engine {
  const transports = [guard(XHR as never)];
  return new Engine('http://127.0.0.1:1', { transports: transports as never, upgrade: false });
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('XMLHttpRequest', Request);
  Request.made = [];
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('polling over XMLHttpRequest that is closed', () => {
  it('ends the poll that is under way as soon as the server knows', () => {
    const engine = openEngine();
    sent('GET')[0]?.answer(HANDSHAKE);
    const poll = sent('GET')[1];
    engine.close();
    expect(poll?.aborted).toBe(false);
    sent('POST')[0]?.answer('ok');
    expect(poll?.aborted).toBe(true);
  });

  it('ends the poll in any case, also where the server never takes the news', () => {
    const engine = openEngine();
    sent('GET')[0]?.answer(HANDSHAKE);
    engine.close();
    vi.advanceTimersByTime(10_000);
    expect(sent('GET')[1]?.aborted).toBe(true);
  });

  it('closes the session of a handshake that was still under way', () => {
    const engine = openEngine();
    engine.close();
    expect(sent('POST')).toEqual([]);
    sent('GET')[0]?.answer(HANDSHAKE);
    expect(sent('POST')[0]?.url).toContain('sid=abc');
  });

  it('does not hold on to a handshake that never comes', () => {
    const engine = openEngine();
    engine.close();
    vi.advanceTimersByTime(10_000);
    expect(sent('GET')[0]?.aborted).toBe(true);
  });
});
