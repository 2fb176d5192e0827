import { nothing } from "../platform/clock.js";

import { DISPOSE } from "../platform/dispose.js";

import { disconnected } from "../socket/failures.js";

import { textOf } from "./text-of.js";

function roomOf(socket, _key, event, args) {
  const {_l: _transmitter} = socket;
  let users = 0;
  let undo;
  let told = 0;
  let error;
  let ready;
  let end;
  const renew = () => {
    error = void 0;
    ready = new Promise((resolve, reject) => {
      end = (reason, answer) => {
        error = reason || void 0;
        reason ? reject(reason) : resolve(answer);
      };
    });
    ready.catch(nothing);
  };
  const leave = () => end(disconnected());
  const settle = () => {
    if (!_transmitter._F) return;
    users || (socket._u = socket._u.filter(one => one !== room));
    if (!told == !users) return;
    told = told ? 0 : 1;
    const data = [ told ? event : undo, ...args ];
    if (data[0]) {
      told && error && renew();
      socket._ep()._tu = !0;
      try {
        told ? socket._eg(data, (reason, answer) => {
          if (users && "DISCONNECTED" !== reason?.code) {
            told = 2;
            end(reason, answer);
          }
        }) : socket.emit(...data);
      } catch (thrown) {
        told ? end(thrown) : socket._eP(thrown, data);
      }
    }
  };
  const room = {
    _k: _key,
    _em(given) {
      undo ||= given;
      if (error) {
        told = 0;
        renew();
      }
      users++;
      settle();
      if (error) {
        users--;
        told = 0;
        settle();
        throw error;
      }
      let uses = 1;
      const release = () => {
        users -= uses;
        if (uses && !users) {
          leave();
          settle();
        }
        uses = 0;
      };
      return {
        get ready() {
          return ready;
        },
        get error() {
          return error;
        },
        release,
        [DISPOSE]: release
      };
    },
    connected() {
      (!socket.recovered || users && 1 === told) && (told = 0);
      _transmitter._el = !0;
      settle();
      _transmitter._el = !1;
    },
    flushed: settle,
    gaveUp: leave
  };
  renew();
  socket._u = [ ...socket._u, room ];
  return room;
}

function keep(given, event, ...args) {
  const socket = given._s();
  const {undo} = Object(args[args.length - 1]);
  undo && args.pop();
  socket.connected || socket.volatile.emit(event, ...args);
  const key = textOf([ event, args ]);
  return (socket._u.find(({_k: _key}) => _key === key) ?? roomOf(socket, key, event, args))._em(undo);
}

export { keep };
