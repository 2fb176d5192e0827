// Loads the library in a worker, dedicated or shared, and echoes through it what it is told.
importScripts('/holdfast.min.js');

/** @param {MessageEvent} event */
async function talk({ data: { url, options, word }, ports: [port] }) {
  try {
    const socket = self.io(url, options);
    const answer = await socket.timeout(10_000).emitWithAck('echo', word);
    port.postMessage({ answer, transport: socket.io.transport });
    socket.disconnect();
  } catch (error) {
    port.postMessage({ error: String(error) });
  }
}

self.onmessage = talk;
self.onconnect = ({ ports: [port] }) => {
  port.onmessage = talk;
};
