import { withPlugins, createIo } from "./create-io.js";

import { preset } from "./plugins/preset.js";

const features = /* @__PURE__ */ preset();

const Manager = /* @__PURE__ */ withPlugins(features);

const io = /* @__PURE__ */ createIo(features, Manager);

export { Manager, io };
