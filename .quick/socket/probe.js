import { nothing } from "../platform/clock.js";

import { CONNECT, DISCONNECT } from "../protocol/packet.js";

let probes = 0;

const isProbe = nsp => nsp.startsWith("/holdfast-probe-");

function probe(connection, done) {
  const {_R: _namespaces, _c: _environment, _T: _linkId} = connection;
  const cancel = () => {
    stop();
    done = nothing;
  };
  const tell = answered => {
    done(answered);
    cancel();
  };
  const stop = _environment.clock.after(3e3, () => tell(!1));
  let nsp = "";
  for (let i = 0; i < 4 && _linkId; i++) {
    nsp = "/holdfast-probe-" + probes++ % 4;
    if (!_namespaces.has(nsp)) {
      _namespaces.set(nsp, {
        active: !1,
        connected: !1,
        receive({type}) {
          type === CONNECT && connection._tm({
            type: DISCONNECT,
            nsp
          });
          _namespaces.delete(nsp);
          tell(!0);
        },
        linkUp: nothing,
        linkDown() {
          _namespaces.delete(nsp);
          cancel();
        },
        failed: nothing,
        giveUp: nothing
      });
      connection._tm({
        type: CONNECT,
        nsp
      });
      break;
    }
  }
  return cancel;
}

export { isProbe, probe };
