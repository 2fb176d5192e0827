import { checkOptions } from "../manager/check-options.js";

const checks = () => ({
  name: "checks",
  options: checkOptions
});

export { checks };
