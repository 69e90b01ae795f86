/** An answer that stays true for a while. Those who ask while it is on its way share it; a failure is not kept. */
export class Remembered<T> {
  readonly #ask: () => Promise<T>;
  readonly #now: () => Date;
  #answer: { readonly value: T; readonly at: number } | undefined;
  #coming: Promise<T> | undefined;

  constructor(ask: () => Promise<T>, now: () => Date) {
    this.#ask = ask;
    this.#now = now;
  }

  /** The answer, asked for again where it is older than so many seconds. */
  async get(maxAgeSeconds: number): Promise<T> {
    const ageMs = this.#now().getTime() - (this.#answer?.at ?? 0);
    if (this.#answer !== undefined && ageMs <= maxAgeSeconds * 1000) return this.#answer.value;
    this.#coming ??= this.#fetch().finally(() => {
      this.#coming = undefined;
    });
    return this.#coming;
  }

  async #fetch(): Promise<T> {
    const at = this.#now().getTime();
    const value = await this.#ask();
    this.#answer = { value, at };
    return value;
  }
}
