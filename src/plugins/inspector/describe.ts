/** Describes observed events in one line of text each, for the journal of the panel and for `debug`. */
import type { ObservedEvent, ObservedPacket } from './observed.js';
import { previewOf } from './payload.js';
import { cut, printable } from './text.js';

/** Characters of a payload in a line. */
const MAX_PAYLOAD = 200;

const duration = (ms: number): string => `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;

const quoted = (name: string): string => `"${name.replace(/["\\]/g, '\\$&')}"`;

/** A namespace is printed without quotes, unless it could be mistaken for other text. */
const plain = (nsp: string): string => (/[\s"]/.test(nsp) ? quoted(nsp) : nsp);

/** @param event a clean one: see `cleanEvent`; a packet's payload is included if there is one */
export const describe = (event: ObservedEvent): string => printable(sentence(event));

function sentence(event: ObservedEvent): string {
  switch (event.type) {
    case 'state': {
      const { state, transport, retryInMs, reason } = event;
      return (
        state +
        (transport ? ` over ${transport}` : '') +
        (retryInMs === undefined ? '' : `, next attempt in ${duration(retryInMs)}`) +
        (reason ? ` (${reason})` : '')
      );
    }
    case 'attempt': {
      const { transport, probe, phase, ms, error } = event;
      const what = probe ? `upgrade to ${transport}` : transport;
      return phase === 'start'
        ? `${what}: started`
        : `${what}: ${phase} after ${duration(ms)}${error ? `: ${error}` : ''}`;
    }
    case 'failure':
      return `${event.lost ? 'a request was refused' : 'no transport opened'}: ${event.message}${event.hint ? `. ${event.hint}` : ''}`;
    case 'rtt':
      return `round trip ${duration(event.ms)}`;
    case 'namespace': {
      const { nsp, state, id, recovered, reason } = event;
      return `${plain(nsp)} ${state}${id ? ` as ${id}` : ''}${recovered ? ', recovered' : ''}${reason ? `: ${reason}` : ''}`;
    }
    case 'sharing': {
      const { role, reason, transport, tabs, members = [] } = event;
      const hidden = members.filter(({ visible }) => !visible).length;
      return (
        { leader: 'this tab leads', follower: 'another tab leads', worker: 'a worker leads', off: 'off' }[
          role
        ] +
        (tabs === undefined ? '' : `, ${tabs} ${tabs === 1 ? 'tab' : 'tabs'}`) +
        (hidden > 0 ? `, ${hidden} hidden` : '') +
        (transport ? `, over ${transport}` : '') +
        (reason ? `: ${reason}` : '')
      );
    }
    case 'gap':
      return `${plain(event.nsp)} missed what was sent in the ${duration(event.awayMs)} it was away`;
    case 'dropped':
      return `${plain(event.nsp)} ${quoted(event.event)} will not be sent: ${event.message}`;
    case 'invalid':
      return `${plain(event.nsp)} ${quoted(event.event)} does not match its contract${event.path ? ` at ${plain(event.path)}` : ''}: ${event.message}`;
    case 'packet':
      return packetLine(event);
  }
}

function packetLine(packet: ObservedPacket): string {
  const { direction, nsp, kind, event, bytes, ackId, answers, payload } = packet;
  return (
    `${direction === 'in' ? '←' : '→'} ${plain(nsp)} ${kind}` +
    (event === undefined ? '' : ` ${quoted(event)}`) +
    (ackId === undefined ? '' : ` #${ackId}`) +
    `, ${bytes} B` +
    (answers ? `, after ${duration(answers.ms)}` : '') +
    (payload === undefined
      ? ''
      : ` ${typeof payload === 'string' ? cut(payload, MAX_PAYLOAD) : previewOf(payload, MAX_PAYLOAD)}`)
  );
}
