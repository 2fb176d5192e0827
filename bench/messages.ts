/** The messages that the scenarios send: the same in the page, on the server, and over a bare WebSocket. */

export interface Binary {
  readonly name: string;
  readonly parts: readonly Uint8Array<ArrayBuffer>[];
}

export type Kind = 'small' | 'large' | 'binary';
export const kinds: readonly Kind[] = ['small', 'large', 'binary'];

/** Returns a function that makes numbered messages; only the small ones differ. Self-contained, because pages receive its source text. */
export function messageOf(kind: Kind): (id: number) => object {
  const megabyte = 1_000_000;
  const partCount = 8;

  /** 1 MB of JSON: a list of objects typical of applications. */
  function large(): object {
    const people: object[] = [];
    for (let bytes = 0; bytes < megabyte; ) {
      const id = people.length;
      const person = {
        id,
        name: `Somebody of number ${id}`,
        tags: ['one', 'two', 'three'],
        place: { x: id / 3, y: id / 7, room: { floor: id % 10, door: null } },
        active: id % 2 === 0,
      };
      people.push(person);
      bytes += JSON.stringify(person).length + 1;
    }
    return { people };
  }

  /** 1 MB of binary data in a few parts. */
  const binary = (): Binary => ({
    name: 'a file',
    parts: Array.from({ length: partCount }, (_, part) => new Uint8Array(megabyte / partCount).fill(part)),
  });

  if (kind === 'small') return (id) => ({ id, text: 'Good morning, and good luck' });
  const message = kind === 'large' ? large() : binary();
  return () => message;
}
