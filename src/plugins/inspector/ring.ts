/** The newest so many of a list: one more, and the oldest is gone. */
export class Ring<Item> {
  private items: Item[] = [];
  private start = 0;
  /** How many are gone. */
  gone = 0;

  constructor(readonly limit: number) {}

  get length(): number {
    return this.items.length;
  }

  /** @returns the one that had to go */
  push(item: Item): Item | undefined {
    if (this.items.length < this.limit) {
      this.items.push(item);
      return undefined;
    }
    const oldest = this.items[this.start];
    this.items[this.start] = item;
    this.start = (this.start + 1) % this.limit;
    this.gone++;
    return oldest;
  }

  /** @param index 0 is the oldest; -1 is the newest */
  at(index: number): Item | undefined {
    const { length } = this.items;
    if (index < -length || index >= length) return undefined;
    return this.items[(this.start + (index < 0 ? length + index : index)) % length];
  }

  clear(): void {
    this.gone += this.items.length;
    this.items = [];
    this.start = 0;
  }

  *[Symbol.iterator](): Generator<Item, void, undefined> {
    for (let i = 0; i < this.items.length; i++) yield this.at(i) as Item;
  }
}
