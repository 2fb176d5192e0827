/** @packageDocumentation The features of the default `io`, for use with `createIo` of `holdfast/core`. */

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
