/** The bytes of a stream, taken in pieces of any length, in order. */
export class ByteStream {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffered: Buffer[] = [];
  #bufferedBytes = 0;
  #position = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Bytes that were taken so far. */
  get position(): number {
    return this.#position;
  }

  /** The next bytes, which stay; fewer only where the stream ends before. */
  async peek(length: number): Promise<Buffer> {
    while (this.#bufferedBytes < length && (await this.#fill()));
    const all = this.#buffered.length === 1 ? this.#buffered[0] : Buffer.concat(this.#buffered);
    this.#buffered = all === undefined || all.length === 0 ? [] : [all];
    return (all ?? Buffer.alloc(0)).subarray(0, length);
  }

  /** The next bytes; fewer only where the stream ends before. */
  async take(length: number): Promise<Buffer> {
    const bytes = await this.peek(length);
    this.#drop(bytes.length);
    return bytes;
  }

  /** Passes bytes on as they come; fewer only where the stream ends before. */
  async *pass(length = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
    for (let left = length; left > 0; ) {
      while (this.#bufferedBytes === 0) if (!(await this.#fill())) return;
      const [first = Buffer.alloc(0)] = this.#buffered;
      const piece = first.subarray(0, left);
      this.#drop(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** @returns bytes that were skipped; fewer only where the stream ends before */
  async skip(length = Number.POSITIVE_INFINITY): Promise<number> {
    const start = this.#position;
    for await (const _ of this.pass(length));
    return this.#position - start;
  }

  /** Releases the source where not all of it is wanted. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #fill(): Promise<boolean> {
    const { done, value } = await this.#source.next();
    if (done) return false;
    // Decoders give empty pieces while they have too little.
    if (value.byteLength === 0) return true;
    this.#buffered.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    this.#bufferedBytes += value.byteLength;
    return true;
  }

  /** At most what is buffered, from its first pieces on. */
  #drop(length: number): void {
    this.#position += length;
    this.#bufferedBytes -= length;
    for (let left = length; left > 0; ) {
      const [first = Buffer.alloc(0)] = this.#buffered;
      if (first.length > left) this.#buffered[0] = first.subarray(left);
      else this.#buffered.shift();
      left -= Math.min(left, first.length);
    }
  }
}
