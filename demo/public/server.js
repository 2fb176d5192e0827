// The demo server's own side, over plain HTTP: its log as a stream, and its switches. None of this
// goes through the socket, so it works while the socket is down.

export function followServer() {
  const events = new EventSource('/api/events');
  const on = (name, listener) => events.addEventListener(name, ({ data }) => listener(JSON.parse(data)));

  return {
    onLine: (listener) => on('log', listener),
    onState: (listener) => on('state', listener),
    cut: () => post('cut'),
    stop: () => post('stop'),
    start: () => post('start'),
    setWebSocket: (mode) => post('websocket', { mode }),
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
