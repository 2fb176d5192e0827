// Logs every event of the sockets and the connection. The panels do not depend on it.

import { describe, duration, shortId } from './shared/format.js';

export function logEvents({ manager, sockets, log }) {
  for (const socket of sockets) {
    const say = (text, kind) => log.write(socket.nsp, text, kind);

    socket.on('connect', () => {
      say(`connected as ${shortId(socket.id)}${socket.recovered ? ', nothing missed' : ''}`);
    });
    socket.on('connect_error', (error) => {
      say(
        `connect_error: ${error.message}${error.data === undefined ? '' : ` ${describe(error.data)}`}`,
        'problem',
      );
    });
    socket.on('disconnect', (reason) => say(`disconnected: ${reason}`, 'problem'));

    // Every incoming and outgoing event. `tick` is the timed message.
    socket.onAny((event, ...args) =>
      say(`← ${event} ${args.map(describe).join(', ')}`, event === 'tick' ? 'timer' : 'event'),
    );
    socket.onAnyOutgoing((event, ...args) => say(`→ ${event} ${args.map(describe).join(', ')}`));
  }

  let last;
  manager.on('status', (status) => {
    const text = manager.transport ? `${status} over ${manager.transport}` : status;
    // Waiting for a retry and retrying are both `reconnecting`: logged once.
    if (text !== last) log.write('connection', text);
    last = text;
  });
  manager.on('reconnect_attempt', (attempt) => log.write('connection', `retry ${attempt}`));
  manager.on('attempt', ({ transport, phase, ms, error }) => {
    if (phase === 'start') log.write('connection', `trying ${transport}`);
    if (phase === 'failed')
      log.write('connection', `${transport} failed after ${duration(ms)}: ${error}`, 'problem');
    if (phase === 'won') log.write('connection', `${transport} won after ${duration(ms)}`);
  });
}
