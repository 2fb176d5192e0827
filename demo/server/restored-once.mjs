// socket.io's own adapter, with one thing mended: a session is restored once.
//
// By itself it keeps a session that was restored. A page that comes back a second time, from a ghost that the server still
// takes for connected, then gets the same session and the same id again; and when the server at last misses the ghost's
// heartbeat, it takes that id out of all rooms. The page is told that it has missed nothing, and hears nothing any more.

import { SessionAwareAdapter } from 'socket.io-adapter';

export class RestoredOnceAdapter extends SessionAwareAdapter {
  /** @param {string} pid @param {string} offset */
  async restoreSession(pid, offset) {
    const session = await super.restoreSession(pid, offset);
    if (session) /** @type {any} */ (this).sessions.delete(pid);
    return session;
  }
}
