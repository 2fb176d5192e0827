/** Runs the doctor on a connection's server, with the connection's options. */
import type { Manager } from '../../manager/manager.js';
import { attempt } from '../../platform/attempt.js';
import type { Socket } from '../../socket/socket.js';
import { type Diagnosis, diagnose, type Finding } from '../doctor.js';
import { cleanText } from './clean.js';

/** How long a function `auth` may take, in milliseconds. */
const AUTH_WITHIN_MS = 3_000;

/** @param onFinding called with each finding, in which text from the server is clean */
export async function examine(manager: Manager, onFinding: (finding: Finding) => void): Promise<Diagnosis> {
  const [socket] = manager._kept as ReadonlySet<Socket>;
  return diagnose(manager.uri, {
    path: manager._option('path'),
    withCredentials: manager._option('withCredentials'),
    namespace: socket?.nsp,
    auth: socket && (await authOf(socket, manager)),
    onFinding: (finding) => onFinding({ ...finding, text: cleanText(finding.text) }),
  });
}

/** The `auth` for CONNECT. A function that answers late, or throws, gives none. */
function authOf({ auth }: Socket, { _environment }: Manager): Promise<object | undefined> {
  if (typeof auth !== 'function') return Promise.resolve(auth);
  return new Promise((resolve) => {
    _environment.clock.after(AUTH_WITHIN_MS, () => resolve(undefined));
    const answer: unknown = attempt(() => (auth as (give: typeof resolve) => unknown)(resolve));
    if (answer instanceof Promise) answer.then(resolve, () => resolve(undefined));
  });
}
