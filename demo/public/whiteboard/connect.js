// Two namespaces over one connection: drawing and chat. Nothing important is lost, because
//
// - `retries` resends a message until the server has acknowledged it, through any number of cuts,
// - `durable` stores chat messages in the browser: they survive a reload while the server is away,
// - `idempotent()` adds a key, so that a message that arrives twice is handled once,
// - a recovered session has missed nothing; otherwise the board is reloaded.

const ANSWER_WITHIN_MS = 5_000;

export async function createSockets({ socketUrl, path }, guest) {
  const { durable } = await import('/modules/plugins/durable/index.js');
  const outbox = durable({
    name: 'whiteboard',
    // What one guest has written for one board goes nowhere else.
    owner: `${guest.id} ${guest.board}`,
    fallback: 'memory',
  });
  const plugins = [outbox];
  if (guest.shared) {
    const { tabs } = await import('/modules/plugins/tabs/index.js');
    // Two users, or two boards, do not mix.
    plugins.push(tabs({ key: `${guest.id} ${guest.board}` }));
  }
  const options = {
    path,
    plugins,
    autoConnect: false,
    // Called for every connect, so it sends the current name.
    auth: (answer) => answer(guest),
    retries: Number.MAX_SAFE_INTEGER,
    ackTimeout: ANSWER_WITHIN_MS,
    hideOffset: true,
  };
  const board = io(`${socketUrl}/board`, options);
  const chat = io(`${socketUrl}/chat`, options);
  return { manager: board.io, board, chat, outbox };
}

/** Calls `load` whenever the board may be out of date: on the first connect, and after a session that was not recovered. */
export function loadWhenNew(socket, load) {
  socket.on('connect', () => {
    if (!socket.recovered) load();
  });
}
