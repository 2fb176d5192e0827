/** The states of a connection as the panel writes them. */
import type { ObservedState } from '../observed.js';

export const STATE_LABELS: { readonly [State in ObservedState]: string } = {
  idle: 'Idle',
  connecting: 'Connecting',
  connected: 'Connected',
  waiting: 'Waiting to retry',
  reconnecting: 'Reconnecting',
  offline: 'Offline',
  closed: 'Closed',
};
