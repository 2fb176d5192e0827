/** A list that keeps the newest items, bounded in number and in bytes. */

export class BoundedList<Item> {
  private items: (Item | undefined)[] = [];
  /** The index of the oldest item. */
  private start = 0;
  private bytes = 0;
  /** How many items were discarded. */
  discarded = 0;

  /**
   * @param maxItems how many items are kept
   * @param maxBytes how many bytes they take
   * @param bytesOf about how many bytes an item takes; the same at every call for an item
   * @param onDiscard called with each discarded item
   */
  constructor(
    readonly maxItems: number,
    readonly maxBytes: number = Number.POSITIVE_INFINITY,
    private readonly bytesOf: (item: Item) => number = () => 0,
    private readonly onDiscard: (item: Item) => void = () => {},
  ) {}

  get length(): number {
    return this.items.length - this.start;
  }

  push(item: Item): void {
    this.items.push(item);
    this.bytes += this.bytesOf(item);
    while (this.length > this.maxItems || (this.bytes > this.maxBytes && this.length > 1)) this.shift();
  }

  /** Removes the oldest item. */
  shift(): void {
    if (this.length === 0) return;
    const oldest = this.items[this.start] as Item;
    this.items[this.start++] = undefined;
    this.bytes -= this.bytesOf(oldest);
    this.discarded++;
    // The rest is moved too rarely to cost anything.
    if (this.start > 64 && this.start * 2 > this.items.length) {
      this.items = this.items.slice(this.start);
      this.start = 0;
    }
    this.onDiscard(oldest);
  }

  /** @param index 0 is the oldest; -1 is the newest */
  at(index: number): Item | undefined {
    const at = index < 0 ? this.items.length + index : this.start + index;
    return at < this.start ? undefined : this.items[at];
  }

  /** Discards all. */
  clear(): void {
    this.discarded += this.length;
    this.items = [];
    this.start = 0;
    this.bytes = 0;
  }

  *[Symbol.iterator](): Generator<Item, void, undefined> {
    for (let i = this.start; i < this.items.length; i++) yield this.items[i] as Item;
  }
}
