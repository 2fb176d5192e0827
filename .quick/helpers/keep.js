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
        error ? reject(error) : resolve(answer);
      };
    });
    ready.catch(nothing);
  };
  const leave = () => end(disconnected());
  const settle = () => {
    if (!_transmitter._I) return;
    users || (socket._u = socket._u.filter(one => one !== room));
    if (!told == !users) return;
    told = told ? 0 : 1;
    const data = [ told ? event : undo, ...args ];
    if (data[0]) {
      told && error && renew();
      socket._ed()._tf = !0;
      try {
        told ? socket._ey(data, (reason, answer) => {
          if (users && "DISCONNECTED" !== reason?.code) {
            told = 2;
            end(reason, answer);
          }
        }) : socket.emit(...data);
      } catch (thrown) {
        told ? end(thrown) : socket._eB(thrown, data);
      }
    }
  };
  const room = {
    _N: _key,
    _eg(given) {
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
        throw error;
      }
      let used = !0;
      const release = () => {
        if (used && ! --users) {
          leave();
          settle();
        }
        used = !1;
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
      (!socket.recovered || told <= (users ? 1 : 0)) && (told = 0);
      _transmitter._eh = !0;
      settle();
      _transmitter._eh = !1;
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
  return (socket._u.find(({_N: _key}) => _key === key) ?? roomOf(socket, key, event, args))._eg(undo);
}

export { keep };
