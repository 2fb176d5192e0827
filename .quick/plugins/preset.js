import { checks } from "./checks.js";

import { liveness } from "./liveness.js";

import { longPolling } from "./long-polling.js";

import { memory } from "./memory.js";

import { page } from "./page.js";

import { race } from "./race.js";

import { recovery } from "./recovery.js";

import { retries } from "./retries.js";

import { upgrade } from "./upgrade.js";

const preset = () => [ checks(), longPolling(), memory(), page(), race(), upgrade(), liveness(), retries(), recovery() ];

export { preset };
