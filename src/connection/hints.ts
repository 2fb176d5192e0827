import { type Attempt, LEGACY } from '../platform/errors.js';

/** What to do about a connection that did not open, from what its candidates met. */
export function hintFor(attempts: readonly Attempt[]): string {
  const status = attempts.find((attempt) => attempt.status)?.status;
  if (attempts.some(({ message }) => message === LEGACY)) {
    return 'the server is of Socket.IO 2 or older: pass it `legacy`, or bring it up to date';
  }
  // Chromium and Firefox say so where a WebSocket is made; of polling they tell nothing.
  if (attempts.some(({ message }) => /insecure/.test(message))) {
    return 'a browser lets an https page reach nothing over http: give the server https, and an https:// address';
  }
  if (status === 413) {
    return 'the message is too large for the server or a proxy: raise its limit (nginx: `client_max_body_size`), or send less at once';
  }
  if (status === 404)
    return 'the server answers, but not at this path: compare the `path` option on both sides';
  if (status === 401 || status === 403) {
    return 'the server refuses this page: look at its `cors.origin` and `allowRequest`, and at what the page sends';
  }
  if (status === 429 || status === 503)
    return 'the server is overloaded or being restarted; holdfast tries again';
  if (status && status >= 500) return 'the server, or a proxy in front of it, is in trouble: look at its log';
  if (status === 400) {
    return (
      'the server does not know this session or request: with several server nodes, make sessions sticky ' +
      "or use `transports: ['websocket']`; with one, it was restarted, or its version is another"
    );
  }
  if (attempts.some(({ phase, message }) => phase === 'connect' && /error$/.test(message))) {
    return (
      'a request of the open connection got no answer that the page may read: the network was cut, the server went away, ' +
      'or a proxy refused it (too large, or sent to a server node that does not know it)'
    );
  }
  if (attempts.some(({ phase }) => phase === 'connect')) {
    return 'the connection opens, but nothing comes through it: look for a proxy, or a middleware that never calls next()';
  }
  if (attempts.some(({ message }) => /^(unexpected|the handshake)/.test(message))) {
    return 'something answers that is no Socket.IO server (a start page, a proxy, a portal): look at the `path` and the port';
  }
  if (attempts.every(({ message }) => message === 'timeout')) {
    return 'nothing answers: look at the address and port, and for a firewall or proxy that swallows traffic';
  }
  if (attempts.length > 0 && attempts.every(({ transport }) => transport === 'websocket')) {
    return (
      "WebSocket does not open, and `transports` allows nothing else: add 'polling', or look whether the server runs and " +
      'a proxy passes upgrades on (nginx: the headers `Upgrade` and `Connection`)'
    );
  }
  return (
    'the server cannot be reached, or this page may not read its answer (a browser does not tell which): is it running, ' +
    'are address and `path` right, does its `cors.origin` name the origin of this page, is an https page dialling http?'
  );
}
