import { pollDelaySeconds } from '../model/backoff.ts';
import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { DropRecord, Progress, RecordedError, RecordedPacked } from '../model/record.ts';
import type { UnpackingRecord } from '../model/record-by-status.ts';
import * as changes from '../model/record-changes.ts';
import { UNPACKING_SCHEMA, type Unpacking, workKeys } from '../model/unpacking.ts';
import type { PackedFile } from '../packed/packed-file.ts';
import { openPacked, type Unpacked } from '../packed/unpack.ts';
import { HashesInOrder } from '../publisher/hashes-in-order.ts';
import { reportProgress } from '../transfer/progress.ts';
import { resumingSource } from '../transfer/resuming-source.ts';
import { newestVersion, objectReader } from './dropped-object.ts';
import { lostUpload, PartUpload } from './part-upload.ts';
import type { Invocation, UnpackImageDependencies } from './ports.ts';
import { askForRetry, existingRecord, isRedriven, recordNamedIn } from './record-message.ts';
import { LEASE_SECONDS, renewLease, underLease } from './under-lease.ts';
import { clearUnpacked, isChosen, isThere } from './unpacked-disk.ts';
import { Work } from './work.ts';

type UnpackWork = Work<UnpackingRecord>;

/**
 * Unpacks the disk of a packed drop into the work bucket, and sends the record back to create-metadata. A drop is unpacked
 * once: the first of its records takes the lease of the drop, and the others wait for its result.
 */
export async function unpackImage(
  message: unknown,
  invocation: Invocation,
  deps: UnpackImageDependencies,
): Promise<void> {
  const key = recordNamedIn(message);
  const record = await existingRecord(key, deps.records);
  const work = new Work(key, record, invocation, deps);
  switch (record.status) {
    case 'unpacking':
      return underLease(work, ['unpacking'], deps, (leased) => unpack(leased, deps));
    case 'received':
      return deps.ingestQueue.send(work.message);
    case 'created':
    case 'uploading':
    case 'processing':
      // A late message: the record has another one.
      return;
    default:
      if (isRedriven(record, invocation)) return deps.ingestQueue.send(askForRetry(work));
      if (record.announcedAt === undefined) await deps.statusQueue.send(work.message);
  }
}

/** An invocation that has stalled until others settled the drop must leave nothing of what it has stored since then. */
async function unpack(work: UnpackWork, deps: UnpackImageDependencies): Promise<void> {
  try {
    await unpackOrWait(work, deps);
  } catch (error) {
    await clearAfter(work, deps);
    throw error;
  }
}

/** The error of the unpacking says more than one of this. */
async function clearAfter(work: UnpackWork, deps: UnpackImageDependencies): Promise<void> {
  try {
    const stored = await deps.records.load(work.key);
    if (stored !== undefined) await clearUnpacked(stored, deps);
  } catch (failed) {
    deps.log.warn('the work bucket is not cleared', { record: work.key, error: asImageDropError(failed) });
  }
}

async function unpackOrWait(work: UnpackWork, deps: UnpackImageDependencies): Promise<void> {
  if ((await newestVersion(work, deps)) === undefined) return;
  const turn = await takeTurn(work, deps);
  if (turn.packed !== undefined) return finish(work, turn.packed, deps);
  if (turn.lease?.holder === work.invocation.id) return finish(work, await unpackInTurn(work, deps), deps);
  if (turn.error !== undefined) throw asThrown(turn.error);
  await lookAgain(work, turn.progress, deps);
}

/** What the drop's document says once this invocation has taken its lease, or has found that it need not. */
async function takeTurn(work: UnpackWork, deps: UnpackImageDependencies): Promise<Unpacking> {
  const { record, invocation } = work;
  const { bucket, key, id } = record.drop;
  const { document } = workKeys(record.drop);
  const known = (await deps.workBucket.unpackings.load(document))?.packed;
  const lostEtag = known !== undefined && !(await isThere(known.object, deps)) ? known.object.etag : undefined;
  const isUsable = (packed: RecordedPacked) => packed.object.etag !== lostEtag && isChosen(packed, record.chosenMember);
  const begin: Unpacking = { schema: UNPACKING_SCHEMA, drop: { bucket, key, id } };
  const decided = await deps.workBucket.unpackings.change(document, (stored) => {
    const isOver = stored?.packed !== undefined && isUsable(stored.packed);
    const isLeft = isOver || hasFailedFor(record, stored) || isTaken(stored, invocation, deps);
    return isLeft ? undefined : changes.lease(begin, invocation.id, LEASE_SECONDS, deps.now());
  });
  return decided ?? begin;
}

const isTaken = (stored: Unpacking | undefined, { id }: Invocation, deps: UnpackImageDependencies): boolean =>
  stored !== undefined && stored.lease?.holder !== id && changes.isLeased(stored, deps.now());

/** An error counts for the records that waited for it; a drop that is retried is unpacked again. */
const hasFailedFor = ({ history }: DropRecord, stored: Unpacking | undefined): boolean =>
  stored?.error !== undefined &&
  stored.error.at >= (history.findLast(({ status }) => status === 'received')?.at ?? stored.error.at);

function asThrown({ code, message, nextStep }: RecordedError): ImageDropError {
  return new ImageDropError(code, message, { nextStep, retryable: false });
}

/** Another target's record has the drop unpacked. Waiting does not count as an attempt, and shows how far that is. */
async function lookAgain(
  work: UnpackWork,
  progress: Progress | undefined,
  deps: UnpackImageDependencies,
): Promise<void> {
  await work.change((stored) => ({
    ...changes.withoutLease(changes.withoutAttempt(stored)),
    ...(progress !== undefined && { progress }),
  }));
  const elapsedSeconds = (deps.now().getTime() - changes.statusSince(work.record).getTime()) / 1000;
  await deps.ownQueue.send(work.message, pollDelaySeconds(elapsedSeconds));
}

async function finish(work: UnpackWork, packed: RecordedPacked, deps: UnpackImageDependencies): Promise<void> {
  await work.change((stored) => changes.endUnpacking(stored, packed, deps.now()));
  await deps.ingestQueue.send(work.message);
}

/** Unpacks the drop under its lease, and notes the result for the other targets. */
async function unpackInTurn(work: UnpackWork, deps: UnpackImageDependencies): Promise<RecordedPacked> {
  try {
    const packed = await unpackDrop(work, deps);
    await changeTurn(work, ({ schema, drop }) => ({ schema, drop, packed }), deps);
    return packed;
  } catch (thrown) {
    const error = finalError(asImageDropError(thrown), work);
    await endTurn(work, error, deps);
    throw error;
  }
}

/** A temporary error leaves the turn to the next attempt, of this record or another. */
async function endTurn(work: UnpackWork, error: ImageDropError, deps: UnpackImageDependencies): Promise<void> {
  // A damaged record says nothing against the drop at other targets.
  const isOfDrop = !error.retryable && error.code !== 'bad-record';
  const failure = isOfDrop ? { error: changes.recordedError(error, deps.now()) } : {};
  try {
    await changeTurn(work, ({ schema, drop }) => ({ schema, drop, ...failure }), deps);
  } catch (failed) {
    // The lease ends soon, and the next turn has the same result.
    deps.log.warn('the end of an unpacking is not noted', { record: work.key, error: asImageDropError(failed) });
  }
}

/** @throws `lease-held` when another invocation has the turn */
function changeTurn(
  { record, invocation }: UnpackWork,
  next: (stored: Unpacking) => Unpacking,
  { workBucket }: UnpackImageDependencies,
): Promise<Unpacking | undefined> {
  return workBucket.unpackings.change(workKeys(record.drop).document, (stored) => {
    changes.requireLease(stored, invocation.id);
    return next(stored);
  });
}

/** The next function would begin at the first byte, too, and would not come further. */
function finalError(error: ImageDropError, { record }: UnpackWork): ImageDropError {
  if (error.code !== 'out-of-time') return error;
  return tooSlow(`${record.drop.key} could not be unpacked within the time of one function. ${error.message}`, error);
}

function tooSlow(message: string, { cause }: { readonly cause?: unknown } = {}): ImageDropError {
  const nextStep = 'Unpack the file and drop the disk image inside, or pack it with zstd or gzip, which unpack faster.';
  return new ImageDropError('out-of-time', message, { cause, retryable: false, nextStep });
}

/** More than a function gets from its network (docs/performance.md: 75 MB/s). */
const STORED_BYTES_PER_SECOND = 100e6;

/** Only what cannot succeed is refused: how fast a file unpacks depends on its content. @throws `out-of-time` */
function refuseWithoutTime({ leastSeconds, expectedBytes = 0 }: Unpacked, { record, invocation }: UnpackWork): void {
  const seconds = Math.max(leastSeconds, expectedBytes / STORED_BYTES_PER_SECOND);
  if (seconds <= invocation.secondsLeft) return;
  const inside = expectedBytes === 0 ? '' : ` with a disk of ${expectedBytes} bytes inside`;
  throw tooSlow(
    `${record.drop.key} has ${record.drop.size} bytes${inside}. Unpacking it takes ${Math.ceil(seconds)} seconds at least, and the function has ${Math.floor(invocation.secondsLeft)}.`,
  );
}

/** Reads the drop once, and writes the disk inside as one object. */
async function unpackDrop(work: UnpackWork, deps: UnpackImageDependencies): Promise<RecordedPacked> {
  const { drop, publisher } = work.record;
  const read = new HashesInOrder(drop.size, publisher?.checksum?.algorithm);
  const reporting = reportProgress({
    bytes: () => read.bytes,
    totalBytes: drop.size,
    clock: () => deps.now().getTime(),
    onProgress: (progress) => renewTurn(work, progress, deps),
    onSkipped: (error) => deps.log.warn('a progress report was skipped', { record: work.key, error }),
  });
  const signal = AbortSignal.any([work.invocation.signal, reporting.signal]);
  try {
    const unpacked = await openDrop(packedFile(work, read, signal, deps), work, deps);
    const disk = await storeOrClose(unpacked, work, signal, deps);
    const { format, manifest } = unpacked;
    const { hashes } = read;
    const member = unpacked.memberName();
    const found = { ...(member !== undefined && { member }), ...(manifest !== undefined && { manifest }) };
    return { format, bytes: drop.size, ...disk, ...found, ...(hashes && { hashes }) };
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    await reporting.stop();
  }
}

async function storeOrClose(
  ...[unpacked, work, signal, deps]: Parameters<typeof storeDisk>
): ReturnType<typeof storeDisk> {
  try {
    refuseWithoutTime(unpacked, work);
    return await storeDisk(unpacked, work, signal, deps);
  } finally {
    await unpacked.close();
  }
}

async function renewTurn(work: UnpackWork, progress: Progress, deps: UnpackImageDependencies): Promise<void> {
  const { invocation } = work;
  await renewLease(work, deps, progress);
  await changeTurn(
    work,
    (stored) => ({ ...changes.lease(stored, invocation.id, LEASE_SECONDS, deps.now()), progress }),
    deps,
  );
}

/** The drop as the decoders read it. @param read counts and hashes what was read */
function packedFile(
  { record }: UnpackWork,
  read: HashesInOrder,
  signal: AbortSignal,
  { objects }: UnpackImageDependencies,
): PackedFile {
  const { drop } = record;
  const reader = objectReader(objects, drop);
  return {
    size: drop.size,
    read: (offset, length) => reader.read(offset, length),
    async *open(offset, length) {
      const source = resumingSource((range, opening) => objects.open(drop, range, opening), { offset, length });
      const abort = () => source.destroy(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      let position = offset;
      try {
        signal.throwIfAborted();
        for await (const piece of source) {
          read.update(piece, position);
          position += piece.length;
          yield piece;
        }
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
  };
}

async function openDrop(
  file: PackedFile,
  { record }: UnpackWork,
  { maxUnpackedBytes: maxBytes }: UnpackImageDependencies,
): Promise<Unpacked> {
  const unpacked = await openPacked(file, { maxBytes, member: record.chosenMember });
  if (unpacked !== undefined) return unpacked;
  throw new ImageDropError('no-image-inside', `${record.drop.key} is not packed in a way that can be unpacked.`);
}

/** Stores the disk by one multipart upload. The uploads of earlier attempts are aborted: what they had is not resumed. */
async function storeDisk(
  { bytes }: Unpacked,
  work: UnpackWork,
  signal: AbortSignal,
  deps: UnpackImageDependencies,
): Promise<Pick<RecordedPacked, 'unpackedBytes' | 'sha256' | 'object'>> {
  const { store } = deps.workBucket;
  const key = workKeys(work.record.drop).disk;
  // An invocation that lost its turn while it opened the file must not abort the upload of the next one.
  await changeTurn(work, (stored) => changes.lease(stored, work.invocation.id, LEASE_SECONDS, deps.now()), deps);
  for (const uploadId of await store.uploads(key)) await store.abort(key, uploadId);
  const upload = new PartUpload(store, { key, uploadId: await store.begin(key) }, signal);
  try {
    for await (const piece of bytes) await upload.write(piece);
  } finally {
    // No part may be in transit when the next attempt begins.
    await upload.stop();
  }
  if (upload.bytes === 0) throw new ImageDropError('empty', 'The disk image inside the file has no bytes.');
  const { sha256 } = await upload.complete();
  const stored = await deps.objects.head(store.bucket, key);
  if (stored?.size !== upload.bytes) throw lostUpload(key);
  return { unpackedBytes: upload.bytes, sha256, object: { bucket: store.bucket, key, etag: stored.etag } };
}
