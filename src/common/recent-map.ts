/** A map of limited size: beyond it the entry is forgotten that was set least recently. */
export class RecentMap<K, V> extends Map<K, V> {
  constructor(private readonly maxSize: number) {
    super();
  }

  override set(key: K, value: V): this {
    // Last in the order of insertion = set most recently.
    this.delete(key);
    super.set(key, value);
    if (this.size > this.maxSize) {
      for (const oldest of this.keys()) {
        this.delete(oldest);
        break;
      }
    }
    return this;
  }
}
