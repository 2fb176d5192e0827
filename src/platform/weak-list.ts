import { type Ref, refTo } from './weak-cache.js';

/** Knows its members for as long as somebody else holds them. */
export class WeakList<Value extends object> {
  private refs: Ref<Value>[] = [];

  add(value: Value): void {
    // Those that are gone leave with the next one that comes.
    this.refs = [...this.refs.filter((ref) => ref.deref()), refTo(value)];
  }

  all(): Value[] {
    return this.refs.map((ref) => ref.deref()).filter((value) => value !== undefined);
  }
}
