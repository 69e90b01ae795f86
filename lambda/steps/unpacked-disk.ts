/** The disk inside a packed drop: whether it must be unpacked, whether it is there, and when it is deleted. */
import { type Drop, goesTo, recordKey } from '../model/drop.ts';
import { asImageDropError, type ErrorCode, ImageDropError } from '../model/errors.ts';
import type { FoundImage, UploadPlan } from '../model/image.ts';
import type { DropRecord, RecordedObject, RecordedPacked } from '../model/record.ts';
import { isSettled } from '../model/record-changes.ts';
import { isFromStorage } from '../model/staging.ts';
import type { Target } from '../model/target.ts';
import { wasUnpacked, workKeys } from '../model/unpacking.ts';
import { isSameFile } from '../packed/disk-signs.ts';
import { isPacked, SIGNATURE_BYTES } from '../packed/signatures.ts';
import { isTarHeader } from '../packed/tar.ts';
import { diskInTar, type TarDisk } from '../packed/tar-disk.ts';
import { objectReader } from './dropped-object.ts';
import type { ObjectHead, StagingStore, StepDependencies, WorkBucket } from './ports.ts';
import { removeObject } from './stage-image.ts';

/** Where the disk of a drop is. */
export type DiskPlace = Pick<DropRecord, 'packed' | 'member'>;

export interface FoundDisk {
  readonly place: DiskPlace;
  /** What other files in a tar archive say of it. */
  readonly companions: Pick<FoundImage, 'appliance' | 'warnings'>;
}

/** An appliance has a handful. Another archive is left to unpack-image, which has more time. */
const MAX_FILES = 50;

/**
 * Looks where the disk of a drop is: in the object itself, in a tar archive that it is, or unpacked.
 * @param object the drop's own
 * @param chosen the file in an archive that its metadata name
 * @returns undefined where the drop has to be unpacked first, or again
 * @throws the reason for which a tar archive is refused
 */
export async function findDisk(
  { packed }: DropRecord,
  object: ObjectHead,
  chosen: string | undefined,
  deps: StepDependencies,
): Promise<FoundDisk | undefined> {
  if (packed !== undefined && !(isChosen(packed, chosen) && (await isThere(packed.object, deps)))) return undefined;
  if (packed !== undefined && packed.format !== 'tar') return { place: { packed }, companions: {} };
  const reader = objectReader(deps.objects, object);
  const head = await reader.read(0, Math.min(SIGNATURE_BYTES, object.size));
  if (!isPacked(head)) return { place: {}, companions: {} };
  const disk = isTarHeader(head) ? await diskInTar(reader, { maxFiles: MAX_FILES, member: chosen }) : undefined;
  if (packed !== undefined) return { place: { packed }, companions: disk === undefined ? {} : companionsOf(disk) };
  if (disk === undefined) return undefined;
  const { name, offset, size: bytes, manifest } = disk;
  const member = { name, offset, bytes, ...(manifest !== undefined && { manifest }) };
  return { place: { member }, companions: companionsOf(disk) };
}

const companionsOf = ({ appliance, warnings }: TarDisk): FoundDisk['companions'] => ({
  ...(appliance !== undefined && { appliance }),
  ...(warnings !== undefined && { warnings }),
});

/**
 * Whether the disk in an archive can be read where it is: functions must read it, for a service that reads the object
 * itself would read the whole archive. A digest needs one function that reads all of the disk, in order.
 */
export function isReadInPlace(
  { member, plan }: DiskPlace & { readonly plan: UploadPlan },
  { drop }: DropRecord,
  target: Target,
  deps: StepDependencies,
): boolean {
  if (plan.route === 'stream') return member?.manifest === undefined || plan.range.length === member.bytes;
  return member?.manifest === undefined && isFromStorage(plan.route) && !deps.staging.holds(target, drop.bucket);
}

/** Whether what was unpacked is the file that the metadata name; what is in no archive has no name. */
export const isChosen = ({ member }: RecordedPacked, chosen: string | undefined): boolean =>
  chosen === undefined || member === undefined || isSameFile(member, chosen);

/** Whether an unpacked disk still is what was written: the lifecycle of the work bucket deletes what is old. */
export async function isThere({ bucket, key, etag }: RecordedObject, deps: StepDependencies): Promise<boolean> {
  return (await deps.objects.head(bucket, key))?.etag === etag;
}

/** What a read says of an object that is not there any more, or not as it was. */
const LOST: readonly ErrorCode[] = ['object-gone', 'object-changed'];

/**
 * Reads an unpacked disk. One that is lost meanwhile says nothing against the drop: the next attempt finds it gone, and has
 * the drop unpacked again.
 */
export async function readDisk<T>({ packed }: DropRecord, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (thrown) {
    const error = asImageDropError(thrown);
    if (packed === undefined || !LOST.includes(error.code)) throw thrown;
    throw new ImageDropError(error.code, error.message, { cause: thrown, retryable: true });
  }
}

/**
 * Deletes the unpacked disk once the drop is settled at all its targets. A drop that is retried in that very moment finds
 * its disk gone, and is unpacked again.
 * @throws `aws-unavailable`
 */
export async function clearUnpacked(
  record: DropRecord,
  deps: StepDependencies & { readonly workBucket: WorkBucket },
): Promise<void> {
  const records = [record, ...(await recordsElsewhere(record, deps))];
  if (records.some(wasUnpacked) && records.every(isSettled)) await removeUnpacked(record.drop, deps.workBucket.store);
}

async function recordsElsewhere({ drop, target }: DropRecord, deps: StepDependencies): Promise<readonly DropRecord[]> {
  const others = deps.targets.filter(({ name }) => name !== target && goesTo(drop, name));
  const records = await Promise.all(others.map(({ name }) => deps.records.load(recordKey(drop, name))));
  return records.filter((each) => each !== undefined);
}

/** The document last: it is what shows that something is left. */
async function removeUnpacked(drop: Drop, store: StagingStore): Promise<void> {
  const { disk, document } = workKeys(drop);
  await removeObject(disk, store);
  await store.delete(document);
}
