// Who draws, and on which board. The board is in the address, so that it can be sent to somebody.

const NAMES = ['Ada', 'Grace', 'Alan', 'Hedy', 'Linus', 'Radia', 'Tim', 'Barbara', 'Vint', 'Katherine'];
/** Told apart by most who see colours differently, and dark enough for white paper. */
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
  const asked = new URLSearchParams(location.search).get('board')?.trim().slice(0, MAX_NAME);
  // Of this window: the same person in two windows is two pens.
  const kept = JSON.parse(sessionStorage.getItem('guest') ?? '{}');
  const guest = {
    board: asked || DEFAULT_BOARD,
    id: kept.id ?? crypto.randomUUID(),
    name: kept.name ?? `${pick(NAMES)} ${Math.floor(Math.random() * 90) + 10}`,
    colour: kept.colour ?? pick(COLOURS.slice(1)).value,
  };
  keepGuest(guest);
  return guest;
}

export function keepGuest({ id, name, colour }) {
  sessionStorage.setItem('guest', JSON.stringify({ id, name, colour }));
}
