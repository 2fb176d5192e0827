import { type Ref, refTo } from './weak-cache.js';

/** A list that holds its members weakly. */
export class WeakList<Value extends object> {
  private refs: Ref<Value>[] = [];
  private limit = 8;

  add(value: Value): void {
    if (this.refs.push(refTo(value)) < this.limit) return;
    // Not with every new member: then ten thousand members, each added for a short time, would cost a hundred million looks.
    this.refs = this.refs.filter((ref) => ref.deref());
    this.limit = this.refs.length * 2 + 8;
  }

  all(): Value[] {
    return this.refs.map((ref) => ref.deref()).filter((value) => value !== undefined);
  }
}
