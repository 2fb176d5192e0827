/** The part of `WeakRef` that is used. */
export interface Ref<Value> {
  deref(): Value | undefined;
}

/** Engines without weak references (old ones of React Native) keep their values. */
export const refTo = <Value extends object>(value: Value): Ref<Value> =>
  typeof WeakRef === 'function' ? new WeakRef(value) : { deref: () => value };

type Refs = Map<string, Ref<object>>;

/** One registry for all caches: it knows each value's cache and key. */
let registry: FinalizationRegistry<readonly [Refs, string]> | undefined;

/** A cache that holds its values weakly: an unused value leaves no entry behind. */
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
