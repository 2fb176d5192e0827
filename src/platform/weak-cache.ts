/** Remembers values by key for as long as somebody else holds them: what is done with, leaves no entry behind. */
export class WeakCache<Value extends object> {
  private readonly refs = new Map<string, WeakRef<Value>>();
  private readonly gone = new FinalizationRegistry<string>((key) => {
    if (!this.get(key)) this.refs.delete(key);
  });

  get(key: string): Value | undefined {
    return this.refs.get(key)?.deref();
  }

  set(key: string, value: Value): void {
    this.refs.set(key, new WeakRef(value));
    this.gone.register(value, key);
  }
}
