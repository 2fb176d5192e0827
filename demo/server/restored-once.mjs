// socket.io's default adapter with one fix: a session is restored only once.
//
// The default adapter keeps a session after restoring it. If a page reconnects a second time, while the server still considers a
// dead connection open, it gets the same session and id again. When the server then misses the dead connection's heartbeat, it
// removes that id from all rooms: the page believes that it missed nothing, and receives no more broadcasts.

import { SessionAwareAdapter } from 'socket.io-adapter';

export class RestoredOnceAdapter extends SessionAwareAdapter {
  /** @param {string} pid @param {string} offset */
  async restoreSession(pid, offset) {
    const session = await super.restoreSession(pid, offset);
    if (session) /** @type {any} */ (this).sessions.delete(pid);
    return session;
  }
}
