/** @packageDocumentation The features of the default `io`, to be given to `createIo` of `holdfast/core` one by one. */

export { liveness } from './liveness.js';
export { longPolling, webTransport } from './long-polling.js';
export { memory } from './memory.js';
export { preset } from './preset.js';
export { race } from './race.js';
export { recovery } from './recovery.js';
export { retries } from './retries.js';
export { upgrade } from './upgrade.js';
