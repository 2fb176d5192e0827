import { attempt } from "./attempt.js";

import { systemClock } from "./clock.js";

import { send } from "./fetch.browser.js";

const isSuccess = status => status >= 200 && status < 300;

function request(given, done, clock = systemClock()) {
  const aborter = new AbortController;
  const {signal} = aborter;
  const cancel = () => {
    stopTimer();
    aborter.abort();
  };
  const settle = (error, response) => {
    if (!signal.aborted) {
      response && isSuccess(response.status) ? stopTimer() : cancel();
      done(error, response);
    }
  };
  const stopTimer = clock.after(given.timeoutMs || 1 / 0, () => settle(new Error("timeout")));
  ask(given, signal).then(response => settle(void 0, response), error => settle(error ?? new Error("request failed")));
  return cancel;
}

async function ask(given, signal) {
  const {url, body, maxBytes, binary, withCredentials, keepalive} = given;
  const limitOf = status2 => isSuccess(status2) ? maxBytes : Math.min(maxBytes, 65536);
  const tooLarge = () => Object.assign(new Error(`an answer of more than ${maxBytes} bytes`), {
    _tH: !0
  });
  const headers = {};
  for (const name in given.headers) headers[name.toLowerCase()] = given.headers[name];
  void 0 !== body && (headers["content-type"] = "string" == typeof body ? "text/plain;charset=UTF-8" : "application/octet-stream");
  const answer = await send(url, {
    method: void 0 === body ? "GET" : "POST",
    headers,
    body: body ?? null,
    credentials: withCredentials ? "include" : "same-origin",
    cache: "no-store",
    redirect: "error",
    keepalive: !!keepalive && new Blob([ body ?? "" ]).size <= 6e4,
    signal,
    jar: given.jar,
    binary,
    limitOf,
    tooLarge
  });
  const {status} = answer;
  const limit = limitOf(status);
  const ok = isSuccess(status);
  let bytes;
  let text = "";
  const reader = "basic" === answer.type && !answer.headers.get("content-encoding") && Number(answer.headers.get("content-length") || Number.NaN) <= limit ? void 0 : answer.body?.getReader?.();
  if (reader) {
    let read = new Uint8Array(1024);
    let size = 0;
    for (let value; size <= limit; size += value.length) {
      ({value} = await reader.read());
      if (!value) break;
      if (size + value.length > read.length) {
        const larger = new Uint8Array(2 * (size + value.length));
        larger.set(read);
        read = larger;
      }
      read.set(value, size);
    }
    bytes = read.slice(0, size);
    text = (new TextDecoder).decode(bytes.subarray(0, limit));
  } else ok && binary ? bytes = new Uint8Array(await answer.arrayBuffer()) : text = await answer.text();
  if (answer.url && originOf(answer.url) !== originOf(url)) throw new Error("redirected to another origin");
  if (ok && (bytes ?? text).length > limit) throw tooLarge();
  return {
    status,
    text: text.slice(0, limit),
    bytes,
    header: name => answer.headers.get(name)
  };
}

const originOf = url => attempt(() => new URL(url).origin);

function beacon(url, body) {
  globalThis.navigator?.sendBeacon?.(url, body);
}

export { beacon, isSuccess, request };
