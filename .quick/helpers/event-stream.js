import { checkSignal, onAbort } from "../platform/abort.js";

import { HoldfastError } from "../platform/errors.js";

import { show } from "../platform/show.js";

const bad = (name, value, accepted) => new HoldfastError("BAD_OPTION", `option "${name}" is ${show(value)}`);

function events(socket, name, {limit = 1e3, maxBytes = 2 ** 26, whenFull = "throw", signal} = {}) {
  if (!(limit >= 1)) throw bad("limit", limit);
  if (!(maxBytes > 0)) throw bad("maxBytes", maxBytes);
  if (!/^(throw|drop-oldest|drop-newest)$/.test(whenFull)) throw bad("whenFull", whenFull);
  checkSignal(signal);
  const queue = [];
  let queueBytes = 0;
  const turns = [];
  let dropped = 0;
  let ended = !1;
  let ignore = () => {};
  let failure;
  const end = () => {
    ended = !0;
    socket.off(name, listen);
    ignore();
    for (const {resolve} of turns.splice(0)) resolve({
      done: !0,
      value: void 0
    });
  };
  const fail = error => {
    if (ended) return;
    const [first] = turns.splice(0, 1);
    first ? first.reject(error) : failure = {
      error
    };
    end();
  };
  const clear = () => {
    queue.length = queueBytes = 0;
  };
  const take = from => {
    const [entry] = queue.splice(from, 1);
    queueBytes -= entry?.bytes ?? 0;
    return entry?.args;
  };
  const listen = (...args) => {
    const turn = turns.shift();
    if (turn) {
      turn.resolve({
        done: !1,
        value: args
      });
      return;
    }
    for (;queue.length >= limit || queueBytes >= maxBytes; ) {
      if ("throw" === whenFull) {
        const [much, bound] = queue.length < limit ? [ `${queueBytes} bytes of`, "maxBytes" ] : [ limit, "limit" ];
        fail(new HoldfastError("QUEUE_FULL", `${much} events "${String(name)}" wait in the queue (${bound})`));
        return;
      }
      dropped++;
      take("drop-oldest" === whenFull ? 0 : -1);
    }
    const bytes = socket.io._e._eJ;
    queue.push({
      args,
      bytes
    });
    queueBytes += bytes;
  };
  socket.on(name, listen);
  ignore = onAbort(signal, reason => {
    clear();
    fail(reason);
  });
  return {
    get dropped() {
      return dropped;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => new Promise((resolve, reject) => {
      const args = take(0);
      if (args) resolve({
        done: !1,
        value: args
      }); else if (failure) {
        const {error} = failure;
        failure = void 0;
        reject(error);
      } else ended ? resolve({
        done: !0,
        value: void 0
      }) : turns.push({
        resolve,
        reject
      });
    }),
    async return() {
      clear();
      failure = void 0;
      end();
      return {
        done: !0,
        value: void 0
      };
    }
  };
}

export { events };
