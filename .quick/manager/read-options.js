import { isRecord } from "../protocol/packet.js";

function namesOf(options) {
  const names = /* @__PURE__ */ new Set;
  for (let one = options; one && !Object.hasOwn(one, "isPrototypeOf"); one = Object.getPrototypeOf(one)) for (const name of Object.getOwnPropertyNames(one)) names.add(name);
  names.delete("constructor");
  names.delete("__proto__");
  return names;
}

function copyOf(options) {
  const copy = {};
  for (const name of namesOf(options)) {
    const value = options[name];
    null == value || "auth" === name && !1 === value || (copy[name] = "outbox" === name && isRecord(value) ? copyOf(value) : value);
  }
  return copy;
}

const readerOf = plugins => plugins.find(({options}) => options)?.options ?? copyOf;

export { copyOf, namesOf, readerOf };
