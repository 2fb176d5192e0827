import { attempt } from "./attempt.js";

import { WeakList } from "./weak-list.js";

const REGISTRY_KEY = "holdfast 0.1.0";

let own;

function registry() {
  const global = globalThis;
  const key = Symbol.for("holdfast 0.1.0");
  own ??= global[key] ?? {
    members: new WeakList,
    watchers: /* @__PURE__ */ new Set
  };
  global[key] || attempt(() => Object.defineProperty(global, key, {
    value: own
  }));
  return own;
}

function register(member) {
  const {members, watchers} = registry();
  members.add(member);
  for (const watcher of watchers) watcher(member);
}

export { REGISTRY_KEY, register };
