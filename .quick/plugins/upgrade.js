import { nothing } from "../platform/clock.js";

import { discard, isTaking } from "../session/transports/transport.js";

const WEB_TRANSPORT = "webtransport";

function upgradeTo(session, name, deadlineMs, done) {
  const {transport: polling, _i: _clock} = session;
  let probe;
  let pausing = !1;
  let paused = !1;
  let over = !1;
  const end = () => {
    over = !0;
    stopDeadline();
    session._tD = nothing;
  };
  const goOn = () => {
    session.upgrading = !1;
    session._j();
    session._eE();
  };
  const resume = () => {
    const one = polling;
    if ("closed" !== session.readyState) {
      one.readyState = "open";
      one._poll?.();
    }
    goOn();
  };
  const fail = reason => {
    if (over) return;
    end();
    discard(probe);
    const error = Object.assign(new Error(`probe error: ${reason}`), {
      transport: name
    });
    session._o("upgradeError", error);
    paused ? resume() : pausing || session._eE();
    done(!0);
  };
  const succeed = () => {
    const transport = probe;
    paused = !0;
    if (over) resume(); else if (isTaking(transport)) {
      end();
      transport.removeAllListeners();
      session._eg(transport);
      transport.send([ {
        type: "upgrade"
      } ]);
      session._o("upgrade", transport);
      goOn();
      done(!1);
    } else fail("transport closed");
  };
  const receive = ({type, data}) => {
    if (!pausing) if ("pong" === type && "probe" === data) {
      pausing = !0;
      session.upgrading = !0;
      session._o("upgrading", probe);
      polling.pause(succeed);
    } else fail(`unexpected ${type}`);
  };
  const stopDeadline = _clock.after(deadlineMs, () => fail("timeout"));
  session._tD = () => fail("socket closed");
  try {
    const made = session._tQ(name);
    probe = made;
    made.on("error", fail);
    made.on("close", () => fail("transport closed"));
    made.on("open", () => made.send([ {
      type: "ping",
      data: "probe"
    } ]));
    made.on("packet", receive);
    made.open();
  } catch (error) {
    fail(error);
  }
}

const upgrade = () => ({
  name: "upgrade",
  manager(manager) {
    const {_e: _connection, _c: _environment} = manager;
    let improve = nothing;
    return {
      used(session, {transport, handshake, failed, slower}) {
        const {names} = session._z.plan;
        if (!manager._h("upgrade") || "polling" !== transport.name) return;
        const better = [ WEB_TRANSPORT, "websocket" ].filter(name => manager._eN.includes(name) && handshake.upgrades.includes(name));
        if (0 === better.length) return;
        let delayMs = 15e3;
        let stopWaiting;
        let over = !1;
        const wait = () => {
          stopWaiting = _environment.clock.after(delayMs, probe);
          delayMs = Math.min(2 * delayMs, 6e5);
        };
        const probe = () => {
          stopWaiting?.();
          stopWaiting = void 0;
          const slow = slower.includes(WEB_TRANSPORT) || _connection._D[WEB_TRANSPORT];
          probeNext(slow ? [ ...better ].reverse() : better);
        };
        const probeNext = ([name = WEB_TRANSPORT, ...others]) => {
          const hasOther = others.length > 0 && name === WEB_TRANSPORT;
          upgradeTo(session, name, hasOther ? 3e3 : 1e4, fail => {
            const isOpen = "open" === session.readyState;
            !isOpen && fail || _connection._C({
              [name]: fail
            });
            fail ? isOpen && !over && (others.length > 0 ? probeNext(others) : wait()) : _connection._n._ew();
          });
        };
        improve = () => {
          if (stopWaiting) {
            delayMs = 15e3;
            probe();
          }
        };
        better.some(name => slower.includes(name) || _connection._nh && failed.includes(name) || "polling" === names[0] && names.includes(name) && !_connection._D[name]) ? probe() : wait();
        return () => {
          over = !0;
          stopWaiting?.();
          stopWaiting = void 0;
        };
      },
      improve: () => improve()
    };
  }
});

export { upgrade };
