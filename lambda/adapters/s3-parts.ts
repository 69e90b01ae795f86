import { ListPartsCommand, type ListPartsCommandInput, type Part, type S3Client } from '@aws-sdk/client-s3';
import type { PartsAfter, StagedPart } from '../steps/ports.ts';

type Upload = Pick<ListPartsCommandInput, 'Bucket' | 'Key' | 'UploadId'>;

/** The parts that are stored, a thousand with each request, or so many of them after one. */
export async function listParts(client: S3Client, upload: Upload, some?: PartsAfter): Promise<readonly StagedPart[]> {
  const found: StagedPart[] = [];
  let marker = some === undefined ? undefined : String(some.after);
  do {
    const page = await client.send(
      new ListPartsCommand({ ...upload, PartNumberMarker: marker, ...(some && { MaxParts: some.most }) }),
    );
    found.push(...(page.Parts ?? []).map(stagedPart));
    marker = page.IsTruncated === true && some === undefined ? page.NextPartNumberMarker : undefined;
  } while (marker !== undefined);
  return found;
}

function stagedPart({ PartNumber: number = 0, ETag: etag = '', Size: bytes = 0 }: Part): StagedPart {
  return { number, etag: etag.replaceAll('"', ''), bytes };
}
