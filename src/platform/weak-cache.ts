/** What a `WeakRef` is used for. */
export interface Ref<Value> {
  deref(): Value | undefined;
}

/** Engines that know no weak references (old ones of React Native) keep what they have. */
export const refTo = <Value extends object>(value: Value): Ref<Value> =>
  typeof WeakRef === 'function' ? new WeakRef(value) : { deref: () => value };

type Refs = Map<string, Ref<object>>;

/** One for all caches: it knows of each value where it was kept, and by which key. */
let registry: FinalizationRegistry<readonly [Refs, string]> | undefined;

/** Remembers values by key for as long as somebody else holds them: what is done with, leaves no entry behind. */
export class WeakCache<Value extends object> {
  private readonly _refs: Refs = new Map();

  get(key: string): Value | undefined {
    return this._refs.get(key)?.deref() as Value | undefined;
  }

  set(key: string, value: Value): void {
    this._refs.set(key, refTo(value));
    if (typeof FinalizationRegistry !== 'function') return;
    registry ??= new FinalizationRegistry(([refs, gone]) => {
      if (!refs.get(gone)?.deref()) refs.delete(gone);
    });
    registry.register(value, [this._refs, key]);
  }
}
