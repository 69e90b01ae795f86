import type { S3Client } from '@aws-sdk/client-s3';
import { s3Objects } from '../../lambda/adapters/s3-objects.ts';
import { type Check, examine } from '../../lambda/formats/inspect.ts';
import { userLayer } from '../../lambda/metadata/user-metadata.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { diskObject } from '../../lambda/model/unpacking.ts';
import { objectReader } from '../../lambda/steps/dropped-object.ts';
import type { ObjectHead } from '../../lambda/steps/ports.ts';
import { UiError } from './ui-error.ts';

/** What every check says of a drop; the record has only the outcome. */
export interface DropChecks {
  readonly verdict: 'accept' | 'refuse';
  readonly checks: readonly Check[];
}

/**
 * Looks at the dropped object as create-metadata did: at most 8 reads of together 1 MiB.
 * @throws UiError where the object is gone; ImageDropError where S3 does not give it
 */
export async function checksOf(client: S3Client, { drop, found, member }: DropRecord): Promise<DropChecks> {
  const objects = s3Objects(client);
  const head = await objects.head(drop.bucket, drop.key, drop.versionId);
  if (head === undefined || head.etag !== drop.etag) {
    throw new UiError(404, 'object-gone', 'The dropped object is no longer there, so it cannot be looked at again.');
  }
  const disk = diskObject({ drop: head, ...(member !== undefined && { member }) });
  const { verdict, checks } = await examine(objectReader(objects, disk), {
    fileName: member?.name ?? drop.key,
    ...(found === undefined ? claimedBy(head) : { claimedFormat: found.format }),
  });
  return { verdict, checks };
}

/** The format in its own metadata; for a drop with a record, the record says it. */
function claimedBy({ userMetadata }: ObjectHead): { claimedFormat?: string } {
  const claimed = userMetadata['disk-format'];
  if (claimed === undefined) return {};
  const { diskFormat } = userLayer({ 'disk-format': claimed }).metadata;
  return diskFormat === undefined ? {} : { claimedFormat: diskFormat };
}
