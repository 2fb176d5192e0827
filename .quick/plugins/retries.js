import { onAbort } from "../platform/abort.js";

import { nothing } from "../platform/clock.js";

import { DEFAULTS } from "../platform/defaults.js";

import { callAll } from "../platform/emitter.js";

import { HoldfastError } from "../platform/errors.js";

import { weigh } from "../protocol/encode.js";

import { EVENT } from "../protocol/packet.js";

import { full, expired, cleared, disconnected } from "../socket/failures.js";

import { makeRoom } from "../socket/outbox.js";

const retries = () => ({
  name: "retries",
  socket(socket) {
    const {_G: _ownSettings, _l: _transmitter, io} = socket;
    const {retries: retries2, retryWindow = DEFAULTS.retryWindow} = _ownSettings;
    if (!retries2) return;
    const {_K: _limits} = _transmitter;
    const {maxAgeMs, whenFull} = _limits;
    const queue = [];
    let queueBytes = 0;
    let inFlight = 0;
    let draining = !1;
    const allBytes = () => queueBytes + 100 * Math.max(0, queue.length - 1e3);
    const add = entry => {
      queue.push(entry);
      queueBytes += entry._p;
    };
    const remove = entry => {
      const index = queue.indexOf(entry);
      if (index < 0) return !1;
      queue.splice(index, 1);
      queueBytes -= entry._p;
      return !0;
    };
    const tell = (entry, error, answer = []) => {
      const {callback, data, awaited} = entry._V;
      entry._A();
      error instanceof HoldfastError && (error.maybeDelivered ||= entry._J || entry._ts.some(sent => sent()));
      callback ? callAll(void 0, [ callback ], [ error, ...awaited ? answer.slice(0, 2) : answer ]) : error && socket._eB(error, data);
    };
    const end = (entry, error, answer) => {
      remove(entry) && tell(entry, error, answer);
    };
    const endAll = (chosen, failure) => {
      const gone = [];
      const left = [];
      for (const entry of queue) (chosen(entry) ? gone : left).push(entry);
      queue.length = queueBytes = 0;
      for (const entry of left) add(entry);
      for (const one of gone) one._V.callback ? tell(one, failure()) : one._A();
      return gone.map(({_V: _event}) => _event.data);
    };
    const send = entry => {
      let message;
      const done = (error, _first, _second, answer) => {
        entry._J = !1;
        inFlight--;
        const again = "DISCONNECTED" === error?.code || "ACK_TIMEOUT" === error?.code;
        again && error.maybeDelivered ? entry._ts.push(() => "sent" === message?._S) : again && entry._tj--;
        (!again || entry._tj > _ownSettings.retries) && end(entry, error, answer);
        drain();
      };
      entry._J = !0;
      entry._tj++;
      inFlight++;
      try {
        message = _transmitter._nw({
          ...entry._V,
          callback: done,
          awaited: !0
        }, "retry");
      } catch (error) {
        done(error);
      }
    };
    const drain = () => {
      if (!draining) {
        draining = !0;
        for (;inFlight < retryWindow && _transmitter._I; ) {
          const next = queue.find(({_J: _inFlight}) => !_inFlight);
          if (!next) break;
          send(next);
        }
        draining = !1;
      }
    };
    Object.defineProperty(socket, "_queue", {
      value: queue,
      configurable: !0
    });
    return {
      outgoing(event) {
        const {signal, ...flags} = event.flags;
        if (flags.volatile || flags._tf) return !1;
        const data = event.data;
        const bytes = weigh(io._e._en({
          type: EVENT,
          nsp: socket.nsp,
          data
        }));
        const entry = {
          _V: {
            ...event,
            flags
          },
          _p: bytes,
          _tj: 0,
          _J: !1,
          _ts: [],
          _A: nothing
        };
        const limits = _transmitter._I ? {
          ..._limits,
          maxPackets: 1 / 0
        } : _limits;
        const gone = makeRoom(queue, ({_p: _bytes}) => _bytes, allBytes(), bytes, limits);
        if (gone) {
          for (const {_p: _bytes} of gone) queueBytes -= _bytes;
          add(entry);
          const expire = () => {
            entry._J || end(entry, expired(data[0], maxAgeMs));
          };
          const stopAging = io._c.clock.after(maxAgeMs, expire, !0);
          entry._A = stopAging;
          const ignore = onAbort(signal, reason => end(entry, reason));
          entry._A = () => {
            stopAging();
            ignore();
          };
        }
        for (const one of gone ?? [ entry ]) tell(one, full(one._V.data[0]));
        drain();
        return !0;
      },
      flushed: drain,
      gaveUp: () => {
        endAll(({_V: _event}) => _event.awaited, disconnected);
      },
      clear: () => endAll(({_J: _inFlight}) => !_inFlight, cleared),
      get bytes() {
        return allBytes();
      }
    };
  }
});

export { retries };
