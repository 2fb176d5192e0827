import { type Attempt, LEGACY } from '../platform/errors.js';

/** How to fix a connection that did not open, from the failures of its candidates. */
export function hintFor(attempts: readonly Attempt[]): string {
  const status = attempts.find((attempt) => attempt.status)?.status;
  if (attempts.some(({ message }) => message === LEGACY)) return LEGACY;
  // Chromium and Firefox say so when a WebSocket is created; for polling they report nothing.
  if (attempts.some(({ message }) => /insecure/.test(message)))
    return 'an https page can only connect to https';
  if (status === 404)
    return 'the server answers, but not at this path: compare the `path` option on both sides';
  if (status === 401 || status === 403) {
    return 'the server refuses this page: check its `cors.origin` and `allowRequest`';
  }
  if (status === 429 || status === 503) return 'the server is overloaded or restarting; holdfast retries';
  if (status && status >= 500) return 'the server or a proxy failed: check its log';
  if (status === 400) {
    return "the server refuses the request: with several server nodes, sessions must be sticky (or `transports: ['websocket']`); otherwise compare versions";
  }
  if (status === 413 || attempts.some((a) => a.phase === 'connect' && /error$/.test(a.message))) {
    return 'the request was cut off, or is too large for a proxy (nginx: `client_max_body_size`)';
  }
  if (attempts.some(({ phase }) => phase === 'connect')) {
    return 'the connection opens, but nothing comes through: look for a proxy, or a middleware that never calls next()';
  }
  if (attempts.some(({ message }) => /^(unexpected|the handshake)/.test(message))) {
    return 'the answer is not from a Socket.IO server (a proxy, a portal?): check `path` and port';
  }
  if (attempts.every(({ message }) => message === 'timeout')) {
    return 'no answer: check address and port, and look for a firewall or proxy';
  }
  if (attempts.every(({ transport }) => transport === 'websocket')) {
    return "add 'polling' to `transports`, or look for a proxy that does not forward upgrades (nginx: `Upgrade`)";
  }
  return (
    'the server cannot be reached or does not allow this origin (browsers hide which): is it running, ' +
    'are address and `path` right, does its `cors.origin` allow this page, does an https page connect to http, ' +
    'does the Content Security Policy of the page allow it? ' +
    '`diagnose` of holdfast/doctor finds the cause'
  );
}
