import { Manager } from "./manager/manager.js";

import { readerOf } from "./manager/read-options.js";

import { parseAddress } from "./platform/address.js";

import { DEFAULTS } from "./platform/defaults.js";

import { pageLocation } from "./platform/environment.js";

import { WeakCache } from "./platform/weak-cache.js";

import { PROTOCOL } from "./protocol/packet.js";

import { Socket } from "./socket/socket.js";

function createIo(plugins = [], ManagerClass = withPlugins(plugins)) {
  const managers = new WeakCache;
  const readOptions = readerOf(plugins);
  function lookup(address, options) {
    const {href = address} = Object(address);
    const named = "object" == typeof href ? void 0 : href;
    const settings = readOptions(void 0 === named && address || (options ?? {}));
    const {source, origin, namespace, query} = parseAddress(named, pageLocation());
    query && (settings.query ||= query);
    const key = origin + (settings.path || DEFAULTS.path);
    let manager = managers.get(key);
    if (settings.forceNew || settings["force new connection"] || !1 === settings.multiplex || manager?._tn.get(namespace)) manager = new ManagerClass(source, settings); else if (!manager) {
      manager = new ManagerClass(source, settings);
      managers.set(key, manager);
    }
    return manager.socket(namespace, settings);
  }
  return Object.assign(lookup, {
    io: lookup,
    connect: lookup,
    Manager: ManagerClass,
    Socket,
    protocol: PROTOCOL
  });
}

function withPlugins(plugins) {
  return class extends Manager {
    constructor(uri, options, environment) {
      super(uri, options, environment, plugins);
    }
  };
}

export { createIo, withPlugins };
