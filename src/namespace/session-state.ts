import type { Cancel } from '../platform/clock.js';

/**
 * Where a namespace stands:
 *
 * - `inactive`: not wanted by the program
 * - `stranded`: wanted, and the connection has given up; joins when somebody opens it again
 * - `away`: wanted, and there is no link
 * - `settling`: the namespace was left on this very link, and the server may not have read that yet
 * - `resting`: the server refused it or threw it out, and the program's policy wants another try
 * - `asking`: `auth` has not answered yet
 * - `joining`: CONNECT was sent
 * - `joined`: the server has answered
 * - `leaving`: no longer wanted while the answer to CONNECT is still to come. The server would close the whole
 *   connection at a DISCONNECT before it, or at a second CONNECT, so both wait for the answer.
 */
export type SessionState =
  | { readonly name: 'inactive' }
  | { readonly name: 'stranded' }
  | { readonly name: 'away' }
  | { readonly name: 'settling'; readonly stop: Cancel }
  | { readonly name: 'resting'; readonly stop: Cancel }
  | { readonly name: 'asking'; readonly stop: Cancel }
  | { readonly name: 'joining'; readonly stop: Cancel }
  | { readonly name: 'joined' }
  | { readonly name: 'leaving'; readonly rejoin: boolean; readonly stop: Cancel };
