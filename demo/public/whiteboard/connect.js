// Two namespaces over one connection: drawing and chat. Nothing that matters is lost on the way, because
//
// - `retries` sends it until the server has answered, through any number of cuts,
// - `idempotent()` gives it a key, so that what arrives twice is taken once,
// - a session that was restored has missed nothing, and one that was not is told by `gap`: then the board is loaded anew.

const ANSWER_WITHIN_MS = 5_000;

export function createSockets({ socketUrl, path }, guest) {
  const options = {
    path,
    autoConnect: false,
    // Asked at every connect, so it has the name that was typed last.
    auth: (answer) => answer(guest),
    retries: Number.MAX_SAFE_INTEGER,
    ackTimeout: ANSWER_WITHIN_MS,
    hideOffset: true,
  };
  const board = io(`${socketUrl}/board`, options);
  const chat = io(`${socketUrl}/chat`, options);
  return { manager: board.io, board, chat };
}

/** Calls `load` whenever what is shown may be out of date: at first, and after a session that was not restored. */
export function loadWhenNew(socket, load) {
  socket.on('connect', () => {
    if (!socket.recovered) load();
  });
}
