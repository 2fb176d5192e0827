const nextTick = cb => Promise.resolve().then(cb);

const globalThisShim = globalThis;

export { globalThisShim, nextTick };
