// The namespace of the two compared clients: acknowledges each number with the same number.

export function openProbe(io) {
  io.of('/probe').on('connection', (socket) => {
    socket.on('probe', (count, answer) => {
      if (typeof answer === 'function') answer(count);
    });
  });
}
