import { nothing } from "../../platform/clock.js";

import { parseHandshake } from "../../protocol/handshake.js";

const extrasOf = transport => transport;

const isTaking = transport => 1 === (transport.ws?.readyState ?? 1);

function webSocketBytes(transport) {
  const {ws} = transport;
  return ws ? ws.bufferedAmount ?? 0 : void 0;
}

function discard(transport) {
  transport?.removeAllListeners();
  transport?.close();
}

function dial(create, clock, on) {
  let transport;
  let over = !1;
  let stopWaiting = nothing;
  const end = () => {
    over = !0;
    stopWaiting();
    discard(transport);
  };
  const fail = error => {
    const given = over;
    end();
    given || on.failed(failureOf(error));
  };
  try {
    const made = create();
    transport = made;
    const {_tl: _aheadMs} = made;
    _aheadMs && on.ahead(_aheadMs);
    made.on("open", on.opened);
    made.on("error", fail);
    made.on("close", () => fail(`${made.name} closed before its handshake`));
    made.on("packet", ({type, data}) => {
      const handshake = "open" === type ? parseHandshake(data) : `unexpected ${type} packet`;
      if ("string" == typeof handshake) fail(handshake); else if (over) {
        made.query.sid = handshake.sid;
        end();
      } else {
        over = !0;
        made.removeAllListeners();
        on.shaken({
          transport: made,
          handshake
        });
      }
    });
    made.open();
  } catch (error) {
    fail(error);
  }
  return () => {
    if (!over) if ("polling" !== transport?.name || "opening" !== transport.readyState) end(); else {
      over = !0;
      stopWaiting = clock.after(1e4, end, !0);
    }
  };
}

const LONGEST_RETRY_AFTER_MS = 6e5;

function failureOf(error) {
  const {message, description, context} = error ?? {};
  const failure = {
    message: `${message ?? error}`,
    ...error instanceof Error && {
      cause: error
    }
  };
  if ("number" != typeof description || description <= 0) return failure;
  const seconds = Number(context?.header?.("retry-after"));
  const responseText = context?.header ? context.responseText?.slice(0, 200) : void 0;
  return {
    ...failure,
    status: description,
    ...responseText && {
      responseText
    },
    ...seconds > 0 && {
      retryAfterMs: Math.min(1e3 * seconds, LONGEST_RETRY_AFTER_MS)
    }
  };
}

export { dial, discard, extrasOf, failureOf, isTaking, webSocketBytes };
