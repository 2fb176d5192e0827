// Loads the library in a dedicated or shared worker, and sends each received word to the server's echo.
importScripts('/holdfast.min.js');

/** @param {MessageEvent} event */
async function handle({ data: { url, options, word }, ports: [port] }) {
  try {
    const socket = self.io(url, options);
    const answer = await socket.timeout(10_000).emitWithAck('echo', word);
    port.postMessage({ answer, transport: socket.io.transport });
    socket.disconnect();
  } catch (error) {
    port.postMessage({ error: String(error) });
  }
}

self.onmessage = handle;
self.onconnect = ({ ports: [port] }) => {
  port.onmessage = handle;
};
