import { S3Error } from './errors.ts';

/** Reads lines and pieces of known length from a stream, however it is cut into chunks. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** At least one and at most `maxBytes`, as they come. */
  async piece(maxBytes: number): Promise<Buffer> {
    while (this.#rest.length === 0) this.#rest = await this.#next();
    const piece = this.#rest.subarray(0, maxBytes);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }

  /**
   * Up to CRLF, which is dropped.
   * @throws IncompleteBody when the line is longer than `maxBytes`
   */
  async line(maxBytes: number): Promise<string> {
    let end = this.#rest.indexOf('\r\n');
    while (end < 0) {
      if (this.#rest.length > maxBytes) throw incomplete('a line of the chunked body is too long');
      this.#rest = Buffer.concat([this.#rest, await this.#next()]);
      end = this.#rest.indexOf('\r\n');
    }
    const line = this.#rest.toString('latin1', 0, end);
    this.#rest = this.#rest.subarray(end + 2);
    return line;
  }

  /** Lets go of the stream, wherever it stands. */
  async release(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #next(): Promise<Buffer> {
    const next = await this.#chunks.next();
    if (next.done) throw incomplete('the chunked body ends early');
    return next.value;
  }
}

function incomplete(what: string): S3Error {
  return new S3Error('IncompleteBody', { message: `The request body is malformed: ${what}.` });
}
