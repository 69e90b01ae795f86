import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ImageDropError } from '../model/errors.ts';
import { RECONCILIATION_KEY, RECONCILIATION_SCHEMA, type Reconciliation } from '../model/reconciliation.ts';
import type { ReconciliationStore, StoredReconciliation } from '../steps/reconcile/ports.ts';
import { awsUnavailable, isLostRace, isNoSuchKey } from './aws-errors.ts';

/** `reconcile.json` in the status bucket. Fails with `aws-unavailable`, and with `bad-record` where it is not ours. */
export function s3Reconciliations(client: S3Client, bucket: string): ReconciliationStore {
  return {
    load: () => load(client, bucket),
    save: (reconciliation, replaces) => save(client, bucket, reconciliation, replaces),
  };
}

async function load(client: S3Client, bucket: string): Promise<StoredReconciliation | undefined> {
  try {
    const get = new GetObjectCommand({ Bucket: bucket, Key: RECONCILIATION_KEY });
    const { Body: body, ETag: etag = '' } = await client.send(get);
    return { reconciliation: parsed((await body?.transformToString()) ?? ''), etag };
  } catch (error) {
    if (error instanceof ImageDropError) throw error;
    if (isNoSuchKey(error)) return undefined;
    throw awsUnavailable(`${RECONCILIATION_KEY} could not be read from the bucket ${bucket}`, error);
  }
}

function parsed(text: string): Reconciliation {
  const nextStep = `Delete ${RECONCILIATION_KEY} from the status bucket: reconcile then begins anew.`;
  let document: Partial<Reconciliation> | null;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new ImageDropError('bad-record', `${RECONCILIATION_KEY} is not JSON.`, { cause, nextStep });
  }
  if (document?.schema === RECONCILIATION_SCHEMA && document.pass !== undefined) return document as Reconciliation;
  const message = `${RECONCILIATION_KEY} has schema ${document?.schema}, but only ${RECONCILIATION_SCHEMA} is known.`;
  throw new ImageDropError('bad-record', message, { nextStep });
}

async function save(
  client: S3Client,
  bucket: string,
  reconciliation: Reconciliation,
  replaces: StoredReconciliation | undefined,
): Promise<boolean> {
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: RECONCILIATION_KEY,
    Body: `${JSON.stringify(reconciliation, undefined, 2)}\n`,
    ContentType: 'application/json',
    ...(replaces === undefined ? { IfNoneMatch: '*' } : { IfMatch: replaces.etag }),
  });
  try {
    await client.send(command);
    return true;
  } catch (error) {
    if (isLostRace(error) || isNoSuchKey(error)) return false;
    throw awsUnavailable(`${RECONCILIATION_KEY} could not be written to the bucket ${bucket}`, error);
  }
}
