// The namespace of the two compared clients. It acknowledges each number with what has arrived of the client's notes, which ask
// for no answer: so the page knows which of them were lost.

/** @param {any} store  remembers the notes, also when the Socket.IO server restarts */
export function openProbe(io, store) {
  io.of('/probe').on('connection', (socket) => {
    const { id } = socket.handshake.auth;
    if (typeof id !== 'string' || !/^[\w-]{1,64}$/.test(id)) return;
    socket.on('note', (number) => {
      if (Number.isSafeInteger(number) && number > 0) store.addNote(id, number);
    });
    socket.on('probe', async (answer) => {
      if (typeof answer === 'function') answer(await store.notes(id));
    });
  });
}
