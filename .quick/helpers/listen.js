import { checkSignal, onAbort } from "../platform/abort.js";

function listen(socket, event, listener, {signal} = {}) {
  if (checkSignal(signal)?.aborted) return () => {};
  let ended = !1;
  const end = () => {
    ended || socket.off(event, listener);
    ended = !0;
    ignore();
  };
  socket.on(event, listener);
  const ignore = onAbort(signal, end);
  return end;
}

function next(socket, event, {signal} = {}) {
  return new Promise((resolve, reject) => {
    checkSignal(signal);
    const heard = (...args) => {
      ignore();
      resolve(args);
    };
    socket.once(event, heard);
    const ignore = onAbort(signal, reason => {
      socket.off(event, heard);
      reject(reason);
    });
  });
}

export { listen, next };
