import { refTo } from "./weak-cache.js";

class WeakList {
  constructor() {
    this.refs = [];
  }
  add(value) {
    this.refs = [ ...this.refs.filter(ref => ref.deref()), refTo(value) ];
  }
  all() {
    return this.refs.map(ref => ref.deref()).filter(value => void 0 !== value);
  }
}

export { WeakList };
