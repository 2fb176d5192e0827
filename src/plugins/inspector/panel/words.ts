import type { ObservedState } from '../observed.js';

/** What the states are called. */
export const STATE_WORDS: { readonly [State in ObservedState]: string } = {
  idle: 'Idle',
  connecting: 'Connecting',
  connected: 'Connected',
  waiting: 'Waiting to retry',
  reconnecting: 'Reconnecting',
  offline: 'Offline',
  closed: 'Closed',
};
