import { show } from '../../platform/show.js';
import type { Observed, ObservedPacket } from './observed.js';
import { redact } from './redact.js';

const round = (ms: number): string => `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;

const cut = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

/** An observed event in one line for people, without secrets; a packet's payload where it came along. */
export function describe(event: Observed): string {
  switch (event.type) {
    case 'state': {
      const { state, transport, retryInMs, reason } = event;
      return (
        state +
        (transport ? ` over ${transport}` : '') +
        (retryInMs === undefined ? '' : `, next try in ${round(retryInMs)}`) +
        (reason ? ` (${redact(reason)})` : '')
      );
    }
    case 'attempt': {
      const { transport, probe, phase, ms, error } = event;
      const what = probe ? `upgrade to ${transport}` : transport;
      return phase === 'start'
        ? `${what}: started`
        : `${what}: ${phase} after ${round(ms)}${error ? `: ${redact(error)}` : ''}`;
    }
    case 'failure':
      return `${event.lost ? 'a request was refused' : 'no transport opened'}: ${redact(event.message)}${event.hint ? `. ${event.hint}` : ''}`;
    case 'rtt':
      return `round trip ${round(event.ms)}`;
    case 'namespace': {
      const { nsp, state, id, recovered, reason } = event;
      return `${nsp} ${state}${id ? ` as ${id}` : ''}${recovered ? ', recovered' : ''}${reason ? `: ${redact(reason)}` : ''}`;
    }
    case 'gap':
      return `${event.nsp} missed what was sent in the ${round(event.awayMs)} it was away`;
    case 'dropped':
      return `${event.nsp} ${show(event.event)} will not be sent: ${redact(event.message)}`;
    case 'packet':
      return packetLine(event);
  }
}

function packetLine({ way, nsp, kind, event, bytes, ackId, answers, payload }: ObservedPacket): string {
  return (
    `${way === 'in' ? '←' : '→'} ${nsp} ${kind}` +
    (event === undefined ? '' : ` ${show(event)}`) +
    (ackId === undefined ? '' : ` #${ackId}`) +
    `, ${bytes} B` +
    (answers ? `, after ${round(answers.ms)}` : '') +
    (payload === undefined ? '' : ` ${cut(typeof payload === 'string' ? payload : show(payload))}`)
  );
}
