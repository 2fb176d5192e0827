// The demo server's own side, over plain HTTP: its log as a stream, and its faults. None of this
// goes through the socket, so it works while the socket is down.

export function followServer() {
  const events = new EventSource('/api/events');
  const on = (name, listener) => events.addEventListener(name, ({ data }) => listener(JSON.parse(data)));

  return {
    onLine: (listener) => on('log', listener),
    /** What is broken at this moment: the same in every tab. */
    onState: (listener) => on('state', listener),
    /** A fault has struck, or is over. */
    onFault: (listener) => on('fault', listener),
    strike: (id) => post(`faults/${id}`),
    end: (id) => post(`faults/${id}`, { on: false }),
    heal: () => post('heal'),
    /** Stands still until the fault is over: no timer, no event, no answer, as in a computer that sleeps. */
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
