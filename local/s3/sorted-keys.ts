/** Keys in the order in which S3 lists them: by the bytes of their UTF-8 form. */
export class SortedKeys {
  readonly #keys: string[] = [];

  get length(): number {
    return this.#keys.length;
  }

  at(index: number): string | undefined {
    return this.#keys[index];
  }

  add(key: string): void {
    const index = this.firstNotBefore(key);
    if (this.#keys[index] !== key) this.#keys.splice(index, 0, key);
  }

  delete(key: string): void {
    const index = this.firstNotBefore(key);
    if (this.#keys[index] === key) this.#keys.splice(index, 1);
  }

  /** The index of the key, or of the one that follows its place. */
  firstNotBefore(key: string): number {
    return this.#firstWhere((it) => compareKeys(it, key) >= 0);
  }

  /** The index behind all keys that begin with a prefix. */
  firstBehind(prefix: string): number {
    return this.#firstWhere((it) => compareKeys(it, prefix) > 0 && !it.startsWith(prefix));
  }

  /** @param holds false for the keys up to some place and true from there on */
  #firstWhere(holds: (key: string) => boolean): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.#keys[middle] as string)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Orders by code point, as UTF-8 does; JavaScript's own order puts U+E000 to U+FFFF behind emoji's surrogates. */
export function compareKeys(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    if (a.charCodeAt(i) !== b.charCodeAt(i)) return rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
  }
  return a.length - b.length;
}

/** Surrogates (U+D800 to U+DFFF) stand for the code points behind all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
