/** The prototypes that everybody shares, as they are now, to be compared with how they are later. */

const WATCHED: readonly object[] = [
  Object,
  Array,
  Map,
  Set,
  Function,
  String,
  Number,
  Boolean,
  Promise,
  Error,
  Buffer,
  ArrayBuffer,
  Uint8Array,
  RegExp,
  Date,
].flatMap((made) => [made, made.prototype]);

type Snapshot = readonly ReadonlyMap<string | symbol, PropertyDescriptor>[];

const describe = (target: object): ReadonlyMap<string | symbol, PropertyDescriptor> =>
  new Map(
    Reflect.ownKeys(target).map((key) => [
      key,
      Object.getOwnPropertyDescriptor(target, key) as PropertyDescriptor,
    ]),
  );

export function snapshotOfPrototypes(): Snapshot {
  return WATCHED.map(describe);
}

/** Names what was added, removed or replaced. */
export function changesSince(before: Snapshot): string[] {
  return WATCHED.flatMap((target, i) => {
    const then = before[i] as ReadonlyMap<string | symbol, PropertyDescriptor>;
    const now = describe(target);
    const keys = new Set([...then.keys(), ...now.keys()]);
    return [...keys].filter((key) => !same(then.get(key), now.get(key))).map(String);
  });
}

const same = (a: PropertyDescriptor | undefined, b: PropertyDescriptor | undefined): boolean =>
  a !== undefined && b !== undefined && Object.is(a.value, b.value) && a.get === b.get && a.set === b.set;

const samples: readonly object[] = [{}, [], new Map(), () => {}];

/** A look that is cheap enough to be had after every frame: what was assigned shows up in a loop over anything. */
export function polluted(): boolean {
  for (const sample of samples) for (const key in sample) return key !== undefined;
  return false;
}
