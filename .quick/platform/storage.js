import { attempt } from "./attempt.js";

const memory = /* @__PURE__ */ new Map;

const systemStore = {
  get(key) {
    const value = attempt(() => localStore()?.getItem(key));
    return "string" == typeof value && value.length <= 4096 ? value : memory.get(key);
  },
  set(key, value) {
    if (!(key.length + value.length > 4096)) {
      memory.delete(key);
      memory.set(key, value);
      memory.size > 100 && memory.delete(memory.keys().next().value);
      attempt(() => localStore()?.setItem(key, value));
    }
  }
};

const localStore = () => "undefined" == typeof window ? void 0 : window.localStorage;

export { systemStore };
