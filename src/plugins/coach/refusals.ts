import type { ConnectError } from '../../platform/errors.js';
import { setHint } from '../../platform/hint.js';
import type { Socket } from '../../socket/socket.js';
import type { Cause } from '../causes.js';
import { heard, hintFrom, KEEPS_TRYING, say } from './say.js';

/** The server has refused the namespace. The cause becomes the hint of the error, and is logged if the program does not listen. */
export const refused = (socket: Socket, error: ConnectError): void => {
  const { nsp, _options } = socket;
  const { kind, ...cause } = whyRefused(socket, error);
  setHint(error, hintFrom(cause));
  if (heard(socket)) return;
  const does = _options.reconnectOnReject ? '' : 'holdfast does not try again by itself';
  say(`${kind} ${nsp} ${error.message}`, cause.happened, does, cause.change, 'errors.md#connect_rejected');
};

function whyRefused({ nsp, io }: Socket, { message }: ConnectError): Cause & { readonly kind: string } {
  const path = io._option('path').replace(/\/$/, '');
  const text = JSON.stringify(message);
  if (nsp.replace(/\/$/, '') === path) {
    return {
      kind: 'path',
      happened: `the server refuses the namespace "${nsp}", which looks like its path`,
      change: `remove "${nsp}" from the address, or pass it as the option "path"`,
    };
  }
  if (message === 'Invalid namespace') {
    return {
      kind: 'unknown',
      happened: `the server refuses the namespace "${nsp}", which is the part of the address after the host: ${text}`,
      change: `create it on the server: io.of(${JSON.stringify(nsp)}), or remove it from the address; if Socket.IO is served below it, pass { path: ${JSON.stringify(nsp + path)} } instead`,
    };
  }
  return {
    kind: 'refused',
    happened: `the server refuses the namespace "${nsp}": ${text}`,
    change:
      'satisfy the server\'s middleware: it reads the option "auth" as socket.handshake.auth; then call socket.connect() in a listener of "connect_error", or use the option "reconnectOnReject"',
  };
}

/** The connection is open, but its namespace could not be joined. */
export const notJoined = (socket: Socket, error: ConnectError): void => {
  const { nsp, _options } = socket;
  const { code, message, cause } = error;
  const page = `errors.md#${`${code}`.toLowerCase()}`;
  if (code === 'AUTH_FAILED') {
    const isFunction = typeof socket.auth === 'function';
    const late = cause === undefined;
    say(
      `auth ${nsp} ${message}`,
      `the namespace "${nsp}" could not be joined, because ${
        late ? 'the function "auth" has not answered' : `"auth" has failed: ${message}`
      }`,
      late || _options.reconnectOnReject ? '' : 'holdfast does not try again by itself',
      isFunction && late
        ? 'return an object or a Promise of one from the function, or call its callback with one'
        : isFunction
          ? 'the function "auth" threw an error, or returned something that is not an object: it must return an object such as { token }, or a Promise of one'
          : 'pass an object that can be sent, such as { token }',
      page,
    );
  } else if (code === 'CONNECT_TIMEOUT') {
    say(
      `unanswered ${nsp}`,
      `the connection is open, but the server has not answered the request to join the namespace "${nsp}"`,
      KEEPS_TRYING,
      "make every branch of the server's middlewares (io.use) call next(); if they do, look for a proxy that opens WebSockets but forwards nothing",
      page,
    );
  } else if (code === 'LEGACY_SERVER') {
    say(
      `legacy ${nsp}`,
      `the namespace "${nsp}" could not be joined: the server uses Socket.IO 1 or 2`,
      '',
      'update the server, or import { legacy } from "holdfast/legacy" and pass it: io(url, { plugins: [legacy()] })',
      page,
    );
  }
};
