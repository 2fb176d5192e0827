/** What a `WeakRef` is used for. */
export interface Ref<Value> {
  deref(): Value | undefined;
}

/** Engines that know no weak references (old ones of React Native) keep what they have. */
export const refTo = <Value extends object>(value: Value): Ref<Value> =>
  typeof WeakRef === 'function' ? new WeakRef(value) : { deref: () => value };

/** Remembers values by key for as long as somebody else holds them: what is done with, leaves no entry behind. */
export class WeakCache<Value extends object> {
  private readonly refs = new Map<string, Ref<Value>>();
  private readonly gone =
    typeof FinalizationRegistry === 'function'
      ? new FinalizationRegistry<string>((key) => {
          if (!this.get(key)) this.refs.delete(key);
        })
      : undefined;

  get(key: string): Value | undefined {
    return this.refs.get(key)?.deref();
  }

  set(key: string, value: Value): void {
    this.refs.set(key, refTo(value));
    this.gone?.register(value, key);
  }
}
