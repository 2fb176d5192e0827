/** @packageDocumentation The features of the default `io`, to be given to `createIo` of `holdfast/core` one by one. */

export { checks } from './checks.js';
export { liveness } from './liveness.js';
export { longPolling } from './long-polling.js';
export { memory } from './memory.js';
export { page } from './page.js';
export { preset } from './preset.js';
export { race } from './race.js';
export { recovery } from './recovery.js';
export { retries } from './retries.js';
export { upgrade } from './upgrade.js';
export { webTransport } from './web-transport.js';
