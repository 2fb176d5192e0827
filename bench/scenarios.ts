import { bursting } from './bursting.js';
import { checking } from './checking.js';
import { crowd } from './crowd-scenario.js';
import { cycles } from './cycles.js';
import { durable } from './durable.js';
import { early } from './early.js';
import { inspecting } from './inspecting.js';
import { messaging } from './messaging.js';
import { opening } from './opening.js';
import { recovering } from './recovering.js';
import { responding } from './responding.js';
import { scale } from './scale.js';
import type { Scenario } from './scenario.js';
import { sizes } from './size.js';
import { tabs } from './tabs.js';
import { testKit } from './test-kit.js';
import { webTransport } from './web-transport.js';

/** Every scenario, in the order in which it is shown. */

export const all: readonly Scenario[] = [
  ...sizes,
  ...opening,
  ...early,
  ...durable,
  webTransport,
  ...recovering,
  ...messaging,
  ...responding,
  ...bursting,
  ...checking,
  ...tabs,
  ...scale,
  ...inspecting,
  ...testKit,
  cycles,
  crowd,
];
