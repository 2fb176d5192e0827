import { type Ref, refTo } from './weak-cache.js';

/** A list that holds its members weakly. */
export class WeakList<Value extends object> {
  private refs: Ref<Value>[] = [];

  add(value: Value): void {
    // Collected members are removed when the next one is added.
    this.refs = [...this.refs.filter((ref) => ref.deref()), refTo(value)];
  }

  all(): Value[] {
    return this.refs.map((ref) => ref.deref()).filter((value) => value !== undefined);
  }
}
