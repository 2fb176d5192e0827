// The user and the board. The board's name is in the address, so that it can be shared.

const NAMES = ['Ada', 'Grace', 'Alan', 'Hedy', 'Linus', 'Radia', 'Tim', 'Barbara', 'Vint', 'Katherine'];
/** Distinguishable with most colour vision deficiencies, and dark enough for white paper. */
export const COLOURS = [
  { value: '#12201d', name: 'Black' },
  { value: '#0b6e63', name: 'Green' },
  { value: '#1f5fbf', name: 'Blue' },
  { value: '#b3261e', name: 'Red' },
  { value: '#a35200', name: 'Orange' },
  { value: '#7a3fa8', name: 'Purple' },
];
const DEFAULT_BOARD = 'harbour';
const MAX_NAME = 24;

const pick = (list) => list[Math.floor(Math.random() * list.length)];

export function readGuest() {
  const query = new URLSearchParams(location.search);
  const requested = query.get('board')?.trim().slice(0, MAX_NAME);
  // Tabs that share one connection are one guest.
  const shared = query.has('shared');
  const stored = JSON.parse(storeOf(shared).getItem('guest') ?? '{}');
  const guest = {
    board: requested || DEFAULT_BOARD,
    shared,
    id: stored.id ?? crypto.randomUUID(),
    name: stored.name ?? `${pick(NAMES)} ${Math.floor(Math.random() * 90) + 10}`,
    colour: stored.colour ?? pick(COLOURS.slice(1)).value,
  };
  keepGuest(guest);
  return guest;
}

/** Per window otherwise: the same person in two windows has two pens. */
const storeOf = (shared) => (shared ? localStorage : sessionStorage);

export function keepGuest({ shared, id, name, colour }) {
  storeOf(shared).setItem('guest', JSON.stringify({ id, name, colour }));
}
