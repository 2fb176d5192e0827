import { parseAddress, parseQuery } from "../platform/address.js";

import { DEFAULTS } from "../platform/defaults.js";

import { pageLocation } from "../platform/environment.js";

import { HoldfastError } from "../platform/errors.js";

import { show } from "../platform/show.js";

import { websocket } from "../session/transports/builtin.browser.js";

const BUILTIN = {
  websocket: () => websocket
};

function transportClasses(options, plugins) {
  const listed = options.transportImplementations ?? options.transports ?? DEFAULTS.transports;
  const known = Object.assign({}, BUILTIN, ...plugins.map(({transports}) => transports));
  const classes = {};
  for (const entry of listed) "function" == typeof entry ? classes[entry.prototype.name] = entry : known[entry] && (classes[entry] = known[entry](options));
  if (0 === Object.keys(classes).length) throw new HoldfastError("BAD_OPTION", `option "transports" is ${show(listed)}, none of which is available`);
  return classes;
}

function serverOf(uri, options) {
  const page = pageLocation();
  if (void 0 !== uri) return parseAddress(uri, page);
  const {host, hostname = host, port = "", secure = "https:" === page?.protocol} = options;
  const name = hostname || (port ? page?.hostname : page?.host) || "localhost";
  const bracketed = /^[^[].*:.*:/.test(name) ? `[${name}]` : name;
  return parseAddress(`http${secure ? "s" : ""}://${bracketed}:${port}`, page);
}

function sessionOptions(options, {hostname, port, secure, query}, path) {
  const {query: given, transportOptions} = options;
  return {
    ...DEFAULTS,
    ...options,
    hostname,
    port,
    secure,
    path,
    query: query || "string" == typeof given ? parseQuery(query || `${given}`) : {
      ...given
    },
    transportOptions: {
      ...transportOptions
    }
  };
}

export { serverOf, sessionOptions, transportClasses };
