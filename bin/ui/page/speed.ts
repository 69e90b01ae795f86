/** Short enough to follow a line that changes, long enough not to flicker. */
const WINDOW_MS = 6000;

/** The rate of something that grows, over the last seconds. */
export class Speed {
  readonly #samples: { readonly at: number; readonly bytes: number }[] = [];

  add(bytes: number, at: number): void {
    this.#samples.push({ at, bytes });
    while (this.#samples.length > 2 && (this.#samples[1]?.at ?? at) < at - WINDOW_MS) this.#samples.shift();
  }

  /** Bytes per second; 0 until there is something to measure. */
  get bytesPerSecond(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.at <= first.at) return 0;
    return Math.max(((last.bytes - first.bytes) / (last.at - first.at)) * 1000, 0);
  }
}
