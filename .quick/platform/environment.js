import { systemClock } from "./clock.js";

import { randomId } from "./random.js";

const dateMs = () => Date.now();

const random = () => Math.random();

let usual;

const systemEnvironment = (nativeTimers, unref, signals, store) => {
  const own = void 0 !== (nativeTimers ?? unref ?? signals ?? store);
  if (!own && usual) return usual;
  const made = {
    clock: systemClock(nativeTimers, unref),
    dateMs,
    random,
    randomId,
    signals,
    store
  };
  own || (usual = made);
  return made;
};

function pageLocation() {
  const {location} = globalThis;
  return location?.host && /^https?:$/.test(location.protocol) ? location : void 0;
}

export { pageLocation, systemEnvironment };
