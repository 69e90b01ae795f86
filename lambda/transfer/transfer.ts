import { createHash, type Hash } from 'node:crypto';
import { type Readable, Transform, type TransformCallback, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { ByteRange, DigestAlgorithm, Hashes } from '../model/image.ts';
import { bytesPerSecond, type OnProgress, reportProgress } from './progress.ts';
import { type OpenRange, resumingSource, type Sleep } from './resuming-source.ts';

/**
 * Takes the bytes. Resolves when they have all been accepted, and settles soon once the signal is aborted; its reason
 * is then the transfer's error.
 */
export type Sink = (body: Readable, length: number, signal: AbortSignal) => Promise<void>;

export interface Reading {
  readonly open: OpenRange;
  readonly range: ByteRange;
  readonly algorithms: readonly DigestAlgorithm[];
  /** Gets the same bytes. */
  readonly alongside?: Hash;
  /**
   * Called when all bytes of the range were read, before the last of them are passed on: while it has not resolved, and
   * where it throws, the sink does not have them all.
   */
  readonly beforeEnd?: (hashes: Hashes) => Promise<void>;
  readonly onProgress: OnProgress;
  /** Called for a progress report that failed and was skipped; see progress.ts. */
  readonly onSkippedProgress?: (error: ImageDropError) => void;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970; by default the machine's. */
  readonly clock?: () => number;
  /** Waits between two tries to open the source. */
  readonly sleep?: Sleep;
  readonly limits?: WatchdogLimits;
}

export interface Sending extends Reading {
  readonly sink: Sink;
}

export interface Transferred {
  readonly bytes: number;
  readonly hashes: Hashes;
  readonly bytesPerSecond: number;
}

/**
 * Moves the bytes of a range from a source to a sink in constant memory.
 *
 * @throws the root cause: the source's error where reading failed (`object-gone`, `object-changed`,
 * `source-unreadable`), the signal's reason where it was aborted, `stalled` or `upload-interrupted` from the watchdog
 * (see watchdog.ts), the error of a progress report that may not be skipped (see progress.ts), else the sink's error;
 * `upload-interrupted` when the sink was content with less than all bytes.
 */
export async function send(sending: Sending): Promise<Transferred> {
  const { range, sink, onProgress, onSkippedProgress, limits = WATCHDOG_LIMITS, clock = Date.now } = sending;
  const startedAt = clock();
  const hashing = new Hashing(sending.algorithms, { ...sending, bytes: range.length });
  const bytes = (): number => hashing.bytes;
  const watchdog = watch({ bytes, handedOver: () => hashing.readableEnded }, limits);
  const progress = reportProgress({
    bytes,
    totalBytes: range.length,
    onProgress,
    onSkipped: onSkippedProgress,
    clock,
  });
  const signal = AbortSignal.any([sending.signal, watchdog.signal, progress.signal]);
  let sinkError: unknown;
  const drain = (): Promise<void> =>
    drainInto(sink, hashing, range.length, signal).catch((error) => {
      sinkError = error;
      throw error;
    });
  try {
    signal.throwIfAborted();
    await pipeline(resumingSource(sending.open, range, sending.sleep), hashing, drain, { signal });
  } catch (error) {
    throw rootCause(error, sinkError, signal);
  } finally {
    watchdog.stop();
    // A report that is still under way would renew a lease that the caller is about to give back.
    await progress.stop();
  }
  progress.signal.throwIfAborted();
  return { bytes: bytes(), hashes: hashing.hashes, bytesPerSecond: bytesPerSecond(bytes(), startedAt, clock()) };
}

/** Reads a range for its hashes alone. @throws as `send` */
export async function digest(reading: Reading): Promise<Transferred> {
  return send({ ...reading, sink: nowhere });
}

const nowhere: Sink = async (body, _length, signal) => {
  const discard = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(body, discard, { signal });
};

async function drainInto(sink: Sink, hashing: Hashing, length: number, signal: AbortSignal): Promise<void> {
  await sink(hashing, length, signal);
  if (hashing.bytes < length || hashing.readableLength > 0) throw endedEarly(hashing.bytes, length);
  // A sink that counts its bytes need not read the end of the stream, but the pipeline waits for it.
  hashing.resume();
}

/**
 * The pipeline reports what failed first. When that is what an HTTP client did to its body on the way out (it destroys
 * it, with an error of its own where the connection broke), the error of the sink says more.
 */
function rootCause(error: unknown, sinkError: unknown, signal: AbortSignal): ImageDropError {
  if (signal.aborted && (error as Error).name === 'AbortError') return asImageDropError(signal.reason);
  if (error instanceof ImageDropError) return error;
  return asImageDropError(sinkError ?? error);
}

function endedEarly(bytes: number, length: number): ImageDropError {
  const message = `The endpoint ended the upload when ${bytes} of ${length} bytes had been read.`;
  return new ImageDropError('upload-interrupted', message);
}

interface HashingOptions extends Pick<Reading, 'alongside' | 'beforeEnd'> {
  /** How many there are. */
  readonly bytes: number;
}

/** Lets bytes through unchanged and uncopied, counts them and computes their hashes. */
export class Hashing extends Transform {
  readonly #running: ReadonlyMap<DigestAlgorithm, Hash>;
  readonly #options: Partial<HashingOptions>;
  #bytes = 0;
  #hashes: Hashes = {};

  constructor(algorithms: readonly DigestAlgorithm[], options: Partial<HashingOptions> = {}) {
    super();
    this.#options = options;
    this.#running = new Map(algorithms.map((algorithm) => [algorithm, createHash(algorithm)]));
  }

  /** Bytes that went through so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Empty until all bytes went through. */
  get hashes(): Hashes {
    return this.#hashes;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    const { alongside, beforeEnd, bytes } = this.#options;
    for (const hash of this.#running.values()) hash.update(chunk);
    alongside?.update(chunk);
    this.#bytes += chunk.length;
    if (beforeEnd === undefined || this.#bytes !== bytes) callback(null, chunk);
    else beforeEnd(digests(this.#running)).then(() => callback(null, chunk), callback);
  }

  override _flush(callback: TransformCallback): void {
    this.#hashes = digests(this.#running);
    callback();
  }
}

/** The hashes go on: they are asked for before the end, too. */
const digests = (running: ReadonlyMap<DigestAlgorithm, Hash>): Hashes =>
  Object.fromEntries([...running].map(([algorithm, hash]) => [algorithm, hash.copy().digest('hex')]));

export interface WatchdogLimits {
  /** Seconds without a byte, whether the source gives none or the sink takes none. */
  readonly stallSeconds: number;
  /** Seconds that the sink may take after its last byte. */
  readonly answerSeconds: number;
}

/**
 * A minute: longer than a TCP connection needs to recover from loss and than a source takes to be opened again, and
 * short against the quarter of an hour that a function has.
 *
 * The answer takes longer, because only then does an endpoint finish what it stores (assembles parts, flushes, compares
 * checksums): 300 s is what HTTP clients commonly wait for it (undici's headersTimeout). Should the function's time be
 * over sooner, its deadline comes first.
 */
export const WATCHDOG_LIMITS: WatchdogLimits = { stallSeconds: 60, answerSeconds: 300 };

/** What the watchdog looks at. */
export interface Watched {
  /** Bytes that have gone by. */
  bytes(): number;
  /** Whether the sink has taken the last byte. */
  handedOver(): boolean;
}

export interface Watchdog {
  /**
   * Aborts with `stalled` when no byte has gone by for too long, and with `upload-interrupted` when the answer stays
   * away after the last byte: what became of the image is then not known.
   */
  readonly signal: AbortSignal;
  stop(): void;
}

/** How often it looks within one stall limit; a stall is noticed at most a tenth late. */
const LOOKS_PER_LIMIT = 10;

/**
 * Watches bytes go by. It counts its own looks, not the clock: a function that was frozen for an hour has not stalled.
 * It does not keep the process alive.
 */
export function watch(watched: Watched, limits: WatchdogLimits = WATCHDOG_LIMITS): Watchdog {
  const abort = new AbortController();
  const secondsPerLook = limits.stallSeconds / LOOKS_PER_LIMIT;
  let seen = { bytes: watched.bytes(), handedOver: watched.handedOver() };
  let quietLooks = 0;

  const look = (): void => {
    const now = { bytes: watched.bytes(), handedOver: watched.handedOver() };
    const quiet = now.bytes === seen.bytes && now.handedOver === seen.handedOver;
    quietLooks = quiet ? quietLooks + 1 : 0;
    seen = now;
    const limitSeconds = now.handedOver ? limits.answerSeconds : limits.stallSeconds;
    if (quietLooks * secondsPerLook < limitSeconds) return;
    clearInterval(timer);
    abort.abort(now.handedOver ? unanswered(now.bytes, limitSeconds) : stalled(now.bytes, limitSeconds));
  };

  const timer = setInterval(look, secondsPerLook * 1000);
  timer.unref();
  return { signal: abort.signal, stop: () => clearInterval(timer) };
}

function stalled(bytes: number, seconds: number): ImageDropError {
  return new ImageDropError('stalled', `No byte went by for ${seconds} seconds; ${bytes} bytes had been transferred.`);
}

function unanswered(bytes: number, seconds: number): ImageDropError {
  const message = `All ${bytes} bytes were sent, but no answer came for ${seconds} seconds.`;
  return new ImageDropError('upload-interrupted', message);
}

export interface ReadRange {
  readonly bytes: Buffer;
  /** Hex. */
  readonly md5: string;
}

/** Reads a range whole into memory, with its md5. @throws as `send` */
export async function readRange(open: OpenRange, range: ByteRange, signal: AbortSignal): Promise<ReadRange> {
  const bytes = Buffer.allocUnsafe(range.length);
  const onProgress = async (): Promise<void> => {};
  const { hashes } = await send({ open, range, algorithms: ['md5'], onProgress, signal, sink: into(bytes) });
  return { bytes, md5: hashes.md5 ?? '' };
}

/** The source sees to it that there are no more bytes than were asked for. */
function into(bytes: Buffer): Sink {
  return async (body, _length, signal) => {
    let filled = 0;
    const collect = new Writable({
      write(chunk: Buffer, _encoding, done) {
        filled += chunk.copy(bytes, filled);
        done();
      },
    });
    await pipeline(body, collect, { signal });
  };
}
