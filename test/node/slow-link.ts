import { startFaultProxy } from '../support/fault-proxy.js';
import { startServer } from '../support/server.js';

/**
 * A server behind a slow link, in a separate process, so that its memory is not measured. Argument: the bandwidth in
 * bytes per second. Sends its parent the address.
 */

const server = await startServer({
  setup: (io) =>
    io.on('connection', (socket) => {
      let count = 0;
      let bytes = 0;
      let inOrder = true;
      socket.on('chunk', (number: number, text: string) => {
        inOrder &&= number === count;
        count += 1;
        bytes += text.length;
      });
      socket.on('how much', (answer: (received: object) => void) => answer({ count, bytes, inOrder }));
    }),
});
const proxy = await startFaultProxy(server.port);
proxy.limitRate(Number(process.argv[2]));
process.send?.(proxy.url);
