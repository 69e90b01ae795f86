import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ImageDropError } from '../model/errors.ts';
import { type ReceiptSigner, receiptKey, signed, statementOf } from '../model/receipt.ts';
import { RECONCILIATION_KEY, RECONCILIATION_SCHEMA, type Reconciliation } from '../model/reconciliation.ts';
import { BEGINNINGS_KEY, BEGINNINGS_SCHEMA, type TargetBeginnings } from '../model/target-beginnings.ts';
import type { BeginningStore, ReceiptStore } from '../steps/ports.ts';
import type { ReconciliationStore } from '../steps/reconcile/ports.ts';
import { awsUnavailable, isLostRace, isNoSuchKey } from './aws-errors.ts';

interface DocumentName {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
}

/** A JSON document of the status bucket that is changed by compare-and-swap only. */
export interface DocumentPlace extends DocumentName {
  readonly schema: number;
  /** What the user can do about one that cannot be read. */
  readonly nextStep: string;
}

export interface StoredDocument<T> {
  readonly document: T;
  readonly etag: string;
}

/**
 * @returns undefined where there is none
 * @throws `aws-unavailable`, and `bad-record` where it is not JSON or of another schema
 */
export async function loadDocument<T>(place: DocumentPlace): Promise<StoredDocument<T> | undefined> {
  const { client, bucket, key } = place;
  try {
    const { Body: body, ETag: etag = '' } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return { document: parsed(place, (await body?.transformToString()) ?? '') as T, etag };
  } catch (error) {
    if (error instanceof ImageDropError) throw error;
    if (isNoSuchKey(error)) return undefined;
    throw awsUnavailable(`${key} could not be read from the bucket ${bucket}`, error);
  }
}

function parsed({ key, schema, nextStep }: DocumentPlace, text: string): unknown {
  let document: { readonly schema?: unknown } | null;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new ImageDropError('bad-record', `${key} is not JSON.`, { cause, nextStep });
  }
  if (document?.schema === schema) return document;
  throw new ImageDropError('bad-record', `${key} has schema ${document?.schema}, but only ${schema} is known.`, {
    nextStep,
  });
}

/**
 * @param replaces the ETag of what was read; undefined: there was none
 * @returns false when another writer was faster
 * @throws `aws-unavailable`
 */
export async function saveDocument(place: DocumentName, document: object, replaces?: string): Promise<boolean> {
  const { client, bucket, key } = place;
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: `${JSON.stringify(document, undefined, 2)}\n`,
    ContentType: 'application/json',
    ...(replaces === undefined ? { IfNoneMatch: '*' } : { IfMatch: replaces }),
  });
  try {
    await client.send(command);
    return true;
  } catch (error) {
    if (isLostRace(error) || isNoSuchKey(error)) return false;
    throw awsUnavailable(`${key} could not be written to the bucket ${bucket}`, error);
  }
}

/** One read serves all drops of a minute: a beginning changes only when the stack is deployed with other targets. */
const KNOWN_MS = 60_000;

/** `targets.json` in the status bucket. Fails with `aws-unavailable`, and with `bad-record` where it cannot be read. */
export function s3Beginnings(client: S3Client, bucket: string, now: () => Date): BeginningStore {
  const nextStep = `Restore the version before of ${BEGINNINGS_KEY} in the status bucket.`;
  const place = { client, bucket, key: BEGINNINGS_KEY, schema: BEGINNINGS_SCHEMA, nextStep };
  let known: { readonly document: TargetBeginnings | undefined; readonly readAt: number } | undefined;

  const keep = (document: TargetBeginnings | undefined): TargetBeginnings | undefined => {
    known = { document, readAt: now().getTime() };
    return document;
  };
  return {
    async load() {
      if (known !== undefined && now().getTime() - known.readAt < KNOWN_MS) return known.document;
      return keep((await loadDocument<TargetBeginnings>(place))?.document);
    },
    async change(decide) {
      for (;;) {
        const stored = await loadDocument<TargetBeginnings>(place);
        const next = decide(stored?.document);
        if (await saveDocument(place, next, stored?.etag)) {
          keep(next);
          return next;
        }
      }
    },
  };
}

/** `reconcile.json` in the status bucket. Fails with `aws-unavailable`, and with `bad-record` where it cannot be read. */
export function s3Reconciliations(client: S3Client, bucket: string): ReconciliationStore {
  const nextStep = `Delete ${RECONCILIATION_KEY} from the status bucket: reconcile then begins anew.`;
  const place = { client, bucket, key: RECONCILIATION_KEY, schema: RECONCILIATION_SCHEMA, nextStep };
  return {
    async load() {
      const stored = await loadDocument<Reconciliation>(place);
      return stored && { reconciliation: stored.document, etag: stored.etag };
    },
    save: (reconciliation, replaces) => saveDocument(place, reconciliation, replaces?.etag),
  };
}

/**
 * Receipts in the status bucket.
 * @param version of imagedrop
 * @param signer undefined: they are not signed
 */
export function s3Receipts(
  { client, bucket }: Omit<DocumentName, 'key'>,
  version: string,
  signer?: ReceiptSigner,
): ReceiptStore {
  return {
    async keep(recordKey, record) {
      const statement = statementOf(recordKey, record, version);
      const key = receiptKey(record.image?.id ?? '');
      await saveDocument({ client, bucket, key }, signer === undefined ? statement : await signed(statement, signer));
      return key;
    },
  };
}
