/**
 * How far a packed drop is unpacked. A drop has one record for each target, but is unpacked once: so this state has a
 * document of its own, in the work bucket beside the disk, and is changed by compare-and-swap as records are. The invocation
 * that holds its lease unpacks. It is deleted together with the disk.
 */
import { createHash } from 'node:crypto';
import type { Drop } from './drop.ts';
import type { ByteRange } from './image.ts';
import type { DropRecord, Lease, Progress, RecordedError, RecordedObject, RecordedPacked } from './record.ts';

export const UNPACKING_SCHEMA = 1;

export interface Unpacking {
  readonly schema: typeof UNPACKING_SCHEMA;
  readonly drop: Pick<Drop, 'bucket' | 'key' | 'id'>;
  readonly lease?: Lease;
  readonly progress?: Progress;
  /** The disk, once it is unpacked. */
  readonly packed?: RecordedPacked;
  /** Why it cannot be unpacked. */
  readonly error?: RecordedError;
}

/** The keys of one drop in the work bucket. */
export interface WorkKeys {
  readonly document: string;
  readonly disk: string;
}

const DIGITS = 32;

/** Keys of drops may be as long as S3 allows, so that nothing can be appended to them. */
export function workKeys({ bucket, key, id }: Pick<Drop, 'bucket' | 'key' | 'id'>): WorkKeys {
  const name = createHash('sha256')
    .update(JSON.stringify([bucket, key, id]))
    .digest('hex')
    .slice(0, DIGITS);
  return { document: `${name}.json`, disk: `${name}.disk` };
}

/** The object that holds the disk. */
export interface DiskObject extends RecordedObject {
  readonly versionId?: string;
  /** Where the disk begins in it; 0 where absent. */
  readonly offset?: number;
  /** Bytes of the disk. */
  readonly size: number;
}

interface DropWithDisk extends Pick<DropRecord, 'packed' | 'member'> {
  readonly drop: DiskObject;
}

/** The drop itself, a file in the archive that it is, or the disk that was unpacked of it. */
export function diskObject({ drop, packed, member }: DropWithDisk): DiskObject {
  if (packed !== undefined) return { ...packed.object, size: packed.unpackedBytes };
  return member === undefined ? drop : { ...drop, offset: member.offset, size: member.bytes };
}

/** Where a range of the disk is in its object. */
export const rangeIn = ({ offset = 0 }: DiskObject, range: ByteRange): ByteRange => ({
  offset: offset + range.offset,
  length: range.length,
});

/** Whether a record has ever waited for its drop to be unpacked. */
export const wasUnpacked = ({ history }: Pick<DropRecord, 'history'>): boolean =>
  history.some(({ status }) => status === 'unpacking');
