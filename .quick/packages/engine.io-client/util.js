import { globalThisShim } from "./globals.js";

function pick(obj, ...attr) {
  return attr.reduce((acc, k) => {
    obj.hasOwnProperty(k) && (acc[k] = obj[k]);
    return acc;
  }, {});
}

const NATIVE_SET_TIMEOUT = globalThisShim.setTimeout;

const NATIVE_CLEAR_TIMEOUT = globalThisShim.clearTimeout;

function installTimerFunctions(obj, opts) {
  if (opts.useNativeTimers) {
    obj.setTimeoutFn = NATIVE_SET_TIMEOUT.bind(globalThisShim);
    obj.clearTimeoutFn = NATIVE_CLEAR_TIMEOUT.bind(globalThisShim);
  } else {
    obj.setTimeoutFn = globalThisShim.setTimeout.bind(globalThisShim);
    obj.clearTimeoutFn = globalThisShim.clearTimeout.bind(globalThisShim);
  }
}

function randomString() {
  return Date.now().toString(36).substring(3) + Math.random().toString(36).substring(2, 5);
}

export { installTimerFunctions, pick, randomString };
