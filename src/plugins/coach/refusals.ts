import type { ConnectError } from '../../platform/errors.js';
import { setHint } from '../../platform/hint.js';
import type { Socket } from '../../socket/socket.js';
import type { Cause } from '../causes.js';
import { ANSWERS, withoutValue } from './auth.js';
import { heard, hintFrom, KEEPS_TRYING, say } from './say.js';

/** Why a namespace could not be joined. */
interface NotJoined extends Cause {
  /** The same cause is reported once for each namespace. */
  readonly kind: string;
  /** What holdfast does about it; may be empty. */
  readonly does: string;
}

/** The message of the namespace if `auth` has answered with something else. */
const NO_OBJECT = 'auth must be an object';

const GIVES_UP = 'holdfast does not try again by itself';

/** A namespace could not be joined. The cause becomes the hint of the error, and is logged if the program does not listen. */
export const notJoined = (socket: Socket, error: ConnectError): void => {
  const found = error.code === 'CONNECT_REJECTED' ? whyRefused(socket, error) : whyNotJoined(socket, error);
  if (!found) return;
  const { kind, does, ...cause } = found;
  setHint(error, hintFrom(cause));
  if (heard(socket)) return;
  const page = `errors.md#${`${error.code}`.toLowerCase()}`;
  say(`${kind} ${socket.nsp}`, cause.happened, does, cause.change, page);
};

/** The server has refused the namespace. */
function whyRefused(socket: Socket, { message }: ConnectError): NotJoined {
  const { nsp, io, _options } = socket;
  const does = _options.reconnectOnReject ? '' : GIVES_UP;
  const path = io._option('path').replace(/\/$/, '');
  const text = JSON.stringify(message);
  if (nsp.replace(/\/$/, '') === path) {
    return {
      kind: `path ${message}`,
      does,
      happened: `the server refuses the namespace "${nsp}", which looks like its path`,
      change: `remove "${nsp}" from the address, or pass it as the option "path"`,
    };
  }
  if (message === 'Invalid namespace') {
    return {
      kind: `unknown ${message}`,
      does,
      happened: `the server refuses the namespace "${nsp}", which is the part of the address after the host: ${text}`,
      change: `create it on the server: io.of(${JSON.stringify(nsp)}), or remove it from the address; if Socket.IO is served below it, pass { path: ${JSON.stringify(nsp + path)} } instead`,
    };
  }
  if (withoutValue.has(socket)) {
    return {
      kind: `empty ${message}`,
      does,
      happened: `the server refuses the namespace "${nsp}": ${text}, and has received no "auth", because the function's Promise has no value`,
      change: ANSWERS,
    };
  }
  return {
    kind: `refused ${message}`,
    does,
    happened: `the server refuses the namespace "${nsp}": ${text}`,
    change:
      'satisfy the server\'s middleware: it reads the option "auth" as socket.handshake.auth; call socket.connect() after you have changed "auth", or use the option "reconnectOnReject": with the same "auth", the server refuses again',
  };
}

/** The server has not answered, or was not asked. */
function whyNotJoined(
  { nsp, auth, _options }: Socket,
  { code, message, cause }: ConnectError,
): NotJoined | undefined {
  if (code === 'AUTH_FAILED') {
    const late = cause === undefined;
    return {
      kind: `auth ${message}`,
      happened: `the namespace "${nsp}" could not be joined, because ${
        late ? 'the function "auth" has not answered' : `"auth" has failed: ${message}`
      }`,
      does: late || _options.reconnectOnReject ? '' : GIVES_UP,
      change: late ? ANSWERS : howToAnswer(typeof auth === 'function', cause),
    };
  }
  if (code === 'CONNECT_TIMEOUT') {
    return {
      kind: 'unanswered',
      happened: `the connection is open, but the server has not answered the request to join the namespace "${nsp}"`,
      does: KEEPS_TRYING,
      change:
        "make every branch of the server's middlewares (io.use) call next(); if they do, look for a proxy that opens WebSockets but forwards nothing",
    };
  }
  if (code === 'LEGACY_SERVER') {
    return {
      kind: 'legacy',
      happened: `the namespace "${nsp}" could not be joined: the server uses Socket.IO 1 or 2`,
      does: '',
      change:
        'update the server, or import { legacy } from "holdfast/legacy" and pass it: io(url, { plugins: [legacy()] })',
    };
  }
  return undefined;
}

/** What to change if `auth` has failed with this error. */
function howToAnswer(isFunction: boolean, cause: unknown): string {
  if (!isFunction) return 'pass an object that can be sent, such as { token }';
  if ((cause as Error | undefined)?.message === NO_OBJECT)
    return 'the function "auth" answered with something that is not an object: it must return an object such as { token }, or a Promise of one';
  if (/^(UNSERIALIZABLE|TOO_LARGE)$/.test(`${(cause as ConnectError | undefined)?.code}`))
    return 'the function "auth" answered with an object that cannot be sent: it must return one that can, such as { token }';
  return 'the function "auth" threw an error, or its Promise was rejected: correct that; it must return an object such as { token }, or a Promise of one';
}
