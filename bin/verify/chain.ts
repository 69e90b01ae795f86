import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { isNoSuchKey, statusOf } from '../../lambda/adapters/aws-errors.ts';
import { type Hashes, type Image, RECORD_PROPERTY } from '../../lambda/model/image.ts';
import { type Digest, droppedDigest } from '../../lambda/model/receipt.ts';
import type { DropRecord, KeyedRecord, RecordedChecksum } from '../../lambda/model/record.ts';
import { comparableIn } from '../../lambda/steps/verify.ts';
import { Checks, type Finding, failed, ok, skipped, type Verdict, warning } from '../doctor/finding.ts';
import type { Clouds } from './clouds.ts';
import { type ReceiptSources, receiptChecks } from './receipt.ts';

/** What a record is compared with. */
export interface Sources extends ReceiptSources {
  readonly clouds: Clouds;
}

/** From the dropped object to the image that the cloud has now: each link with what it shows, or what differs. */
export async function* chainOf(kept: KeyedRecord, sources: Sources): AsyncGenerator<Finding> {
  const { record } = kept;
  const checks = new Checks(`${record.drop.key} at ${record.target}`);
  if (record.status !== 'active') {
    yield checks.found('record', withoutImage(record));
    return;
  }
  yield await checks.make('dropped object', () => droppedObject(record, sources.stack.s3));
  yield* madeFrom(record, checks);
  let image: Image | undefined;
  yield await checks.make('image', async () => {
    image = await sources.clouds.image(record.target, record.image?.id ?? '');
    return imageVerdict(record, image);
  });
  if (image !== undefined) yield* imageNow(record, image, checks);
  yield* receiptChecks(kept, image, sources, checks);
}

function withoutImage({ status, error }: DropRecord): Verdict {
  if (error !== undefined && status === 'failed') return failed(`The drop failed: ${error.message}`, error.nextStep);
  if (status === 'superseded') return failed('The key was dropped again first.', 'Verify the newer drop.');
  return skipped(`The drop is ${status}: there is no image to verify yet.`, 'Run the command again later.');
}

/** An object may be deleted, archived or replaced once it is an image: that breaks nothing. */
async function droppedObject({ drop }: DropRecord, s3: S3Client): Promise<Verdict> {
  const { bucket, key, versionId, etag, size } = drop;
  const name = `s3://${bucket}/${key}${versionId === undefined ? '' : ` (version ${versionId})`}`;
  try {
    const now = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
    const isSame = now.ETag?.replaceAll('"', '') === etag && now.ContentLength === size;
    return isSame ? ok(`${name}: ${size} bytes, ETag ${etag}`) : skipped(`${name} was replaced after it was dropped.`);
  } catch (error) {
    if (isNoSuchKey(error)) return skipped(`${name} is no longer there.`);
    if (statusOf(error) === 403) return skipped(`These credentials may not read ${name}.`);
    throw error;
  }
}

function* madeFrom(record: DropRecord, checks: Checks): Generator<Finding> {
  const { packed, hashes, plan } = record;
  const { checksum, signature } = record.publisher ?? {};
  if (checksum !== undefined) yield checks.found('checksum', checksumVerdict(checksum, droppedDigest(record)));
  if (signature !== undefined) {
    const { by, key, file } = signature;
    yield checks.found('signature', ok(`by ${by}, key ${key}, in ${file}: it was valid when the image was made.`));
  }
  if (packed !== undefined) {
    const { format, unpackedBytes, sha256 } = packed;
    const sent = plan?.range.length === unpackedBytes ? hashes?.sha256 : undefined;
    const detail = `${format}, unpacked to ${unpackedBytes} bytes, sha256 ${sha256}`;
    const differs = sent !== undefined && sent !== sha256;
    yield checks.found('unpacked', differs ? failed(`${detail}, but ${sent} was sent.`, DROP_AGAIN) : ok(detail));
  }
}

function checksumVerdict({ algorithm, value, from, agrees }: RecordedChecksum, dropped: Digest = {}): Verdict {
  const detail = `${algorithm} ${value}, from ${from}`;
  const read = dropped[algorithm];
  if (agrees === false || (read !== undefined && read !== value)) {
    return failed(`${detail}, but the dropped object has ${read ?? 'another'}.`, DROP_AGAIN);
  }
  return agrees === true || read === value ? ok(detail) : skipped(`${detail}: it was not compared.`);
}

const DROP_AGAIN = 'Do not use the image. Get the file from its publisher again, and drop it again.';

const NOT_OURS = 'Do not use the image. Find out who changed it, delete it, and drop the file again.';

function imageVerdict({ image, target, retired }: DropRecord, now: Image | undefined): Verdict {
  if (now === undefined && retired?.deleted)
    return skipped(`Image ${image?.id} was deleted: a later version is current.`);
  if (now === undefined) return failed(`Image ${image?.id} is gone from ${target}.`, 'Drop the file again.');
  const detail = `${now.id} is ${now.status} at ${target}`;
  if (now.status === 'active') return ok(detail);
  if (now.status === 'deactivated')
    return warning(detail, `\`openstack image set --activate ${now.id}\` permits its use.`);
  return failed(detail, NOT_OURS);
}

/** What the cloud says now, beside what it reported when the image became active. */
function* imageNow({ verification, plan, hashes, sent }: DropRecord, now: Image, checks: Checks): Generator<Finding> {
  const size = verification?.size ?? plan?.range.length;
  yield checks.found('size', compared('bytes', size, now.size));
  yield checks.found('hash', hashVerdict({ ...hashes, ...verification?.reported }, now));
  const owner = sent?.properties[RECORD_PROPERTY];
  yield checks.found('owner', compared(RECORD_PROPERTY, owner, now.properties[RECORD_PROPERTY] ?? 'missing'));
}

function compared(what: string, recorded: string | number | undefined, now: string | number | undefined): Verdict {
  if (now === undefined || recorded === undefined) return skipped(`${what}: the cloud or the record does not say`);
  if (now === recorded) return ok(`${what}: ${now}`);
  return failed(`${what}: ${now} in the cloud, but ${recorded} in the record.`, NOT_OURS);
}

function hashVerdict(recorded: Hashes, image: Image): Verdict {
  const now = image.hashes;
  const names = comparableIn(image).filter((name) => recorded[name] !== undefined);
  const differing = names.find((name) => recorded[name] !== now[name]);
  const [name] = differing === undefined ? names : [differing];
  return name === undefined
    ? skipped('The cloud reports no hash that the record has.')
    : compared(name, recorded[name], now[name]);
}
