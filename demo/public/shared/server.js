// The demo server's log and faults, over plain HTTP. This does not use the socket, so it works while
// the socket is disconnected.

export function followServer() {
  const events = new EventSource('/api/events');
  const on = (name, listener) => events.addEventListener(name, ({ data }) => listener(JSON.parse(data)));

  return {
    onLine: (listener) => on('log', listener),
    /** The active faults, the same in every tab. */
    onState: (listener) => on('state', listener),
    /** A fault has started or ended. */
    onFault: (listener) => on('fault', listener),
    inject: (id) => post(`faults/${id}`),
    end: (id) => post(`faults/${id}`, { on: false }),
    heal: () => post('heal'),
    /** Blocks the page until the fault is over, like a sleeping computer: no timer, event or response is handled. */
    sleepThrough(id) {
      const request = new XMLHttpRequest();
      request.open('POST', `/api/faults/${id}/through`, false);
      request.send();
    },
  };
}

async function post(action, body = {}) {
  const response = await fetch(`/api/${action}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}
