import { type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { ByteRange, HashAlgorithm, Hashes } from '../model/image.ts';
import { Hashing } from './hashing.ts';
import { bytesPerSecond, type OnProgress, reportProgress } from './progress.ts';
import { type OpenRange, resumingSource, type Sleep } from './resuming-source.ts';
import { WATCHDOG_LIMITS, type WatchdogLimits, watch } from './watchdog.ts';

/**
 * Takes the bytes. Resolves when they have all been accepted, and settles soon once the signal is aborted; its reason
 * is then the transfer's error.
 */
export type Sink = (body: Readable, length: number, signal: AbortSignal) => Promise<void>;

export interface Reading {
  readonly open: OpenRange;
  readonly range: ByteRange;
  readonly algorithms: readonly HashAlgorithm[];
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
  const hashing = new Hashing(sending.algorithms);
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
