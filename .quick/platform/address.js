import { attempt } from "./attempt.js";

import { HoldfastError } from "./errors.js";

import { show } from "./show.js";

const NO_ADDRESS = /^(?:[a-z\d+.-]*:\/\/|(?:https?|wss?):(?!\d))/i;

const PARTS = /^(?:(https?|wss?):[\\/]{2}|\/\/)?([^\\/?#]*@)?([^\\/?#]*)(([^?#]*)(?:\?([^#]*))?[\s\S]*)/i;

const HOST = /^(\[[\da-f:.]+\]|[^\s:[\]<>^`{|}]+)(?::(\d*))?$/i;

function parseAddress(given, page) {
  if (void 0 !== given && "string" != typeof given) throw bad(given);
  const text = (given ?? "").trim().replace(/[\t\n\r]/g, "");
  const site = page && /^https?:$/.test(page.protocol) ? page : void 0;
  const [, known, user = "", named = "", rest = "", path = "", query = ""] = PARTS.exec(text) ?? [];
  if (!known && NO_ADDRESS.test(text)) throw bad(given);
  const scheme = known?.toLowerCase() ?? (site?.protocol ?? "https:").slice(0, -1);
  let host = named;
  if (/^(?::\d*)?$/.test(named)) {
    if (!site && !known) throw new HoldfastError("BAD_ADDRESS", "no page: give an address");
    host = site?.host ?? "localhost";
    named.length > 1 && (host = host.replace(/:\d*$/, "") + named);
  }
  const source = `${scheme}://${user}${host}${rest}`;
  const [hostname, givenPort] = locate(source, host) ?? [];
  if (!hostname) throw bad(given);
  const secure = /[ps]s$/.test(scheme);
  const standard = secure ? "443" : "80";
  const port = givenPort || standard;
  return {
    source,
    origin: `http${secure ? "s" : ""}://${hostname}${port === standard ? "" : `:${port}`}`,
    hostname,
    port,
    secure,
    namespace: path.replace(/^\\/, "/") || "/",
    query
  };
}

function locate(source, host) {
  if ("a" === attempt(() => new URL("ws://A\\@b").hostname)) return attempt(() => {
    const {hostname: hostname2, port: port2} = new URL(source);
    return [ hostname2, port2 ];
  });
  const [, hostname = "", port = ""] = HOST.exec(host) ?? [];
  return Number(port) > 65535 ? void 0 : [ hostname.toLowerCase(), port && `${Number(port)}` ];
}

function parseQuery(text) {
  const query = {};
  for (const [, name, value] of text.replace(/^\?/, "").matchAll(/([^&=]+)=?([^&]*)/g)) query[decode(name)] = decode(value);
  return query;
}

const decode = (text = "") => attempt(() => decodeURIComponent(text)) ?? text;

const bad = given => new HoldfastError("BAD_ADDRESS", `${show(given)} is not an address`);

export { parseAddress, parseQuery };
