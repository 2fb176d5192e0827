const nextTick = "function" == typeof Promise && "function" == typeof Promise.resolve ? cb => Promise.resolve().then(cb) : (cb, setTimeoutFn) => setTimeoutFn(cb, 0);

const globalThisShim = globalThis;

export { globalThisShim, nextTick };
