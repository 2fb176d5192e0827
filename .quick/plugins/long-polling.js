import { polling } from "../session/transports/builtin.browser.js";

const longPolling = () => ({
  name: "long-polling",
  transports: {
    polling
  }
});

export { longPolling };
