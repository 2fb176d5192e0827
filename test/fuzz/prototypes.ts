/** A snapshot of the shared prototypes, for later comparison. */

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

/** Names added, removed and replaced members. */
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

/** A check that is cheap enough for every frame: assigned members appear in a loop over any object. */
export function polluted(): boolean {
  for (const sample of samples) for (const key in sample) return key !== undefined;
  return false;
}
