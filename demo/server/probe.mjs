// The namespace of the two compared clients. Each acknowledgement of a number reports which of the client's notes have arrived; notes
// request no answer, so this tells the page which of them were lost.

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
