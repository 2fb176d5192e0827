import { callAll, type Listener } from '../platform/emitter.js';

/** Listeners for every event of one direction: `onAny` and its twins. */
export class CatchAll {
  private readonly all: Listener[] = [];

  add(listener: Listener): void {
    this.all.push(listener);
  }

  prepend(listener: Listener): void {
    this.all.unshift(listener);
  }

  /** Removes one listener, or all of them. */
  remove(listener?: Listener): void {
    if (!listener) this.all.length = 0;
    const index = listener ? this.all.indexOf(listener) : -1;
    if (index >= 0) this.all.splice(index, 1);
  }

  get listeners(): Listener[] {
    return this.all;
  }

  call(self: unknown, args: readonly unknown[]): void {
    if (this.all.length > 0) callAll(self, this.all, args);
  }
}
