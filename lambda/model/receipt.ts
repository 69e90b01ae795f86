/**
 * The receipt of an active image: what it was made from and how that was checked, in the form that supply chain tools read
 * (in-toto Attestation Framework v1, "Statement").
 */
import type { Drop } from './drop.ts';
import { ImageDropError } from './errors.ts';
import type { DropRecord, Verification } from './record.ts';

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

/** The number grows when a reader of the old form would misunderstand the new one. */
const RECEIPT_TYPE = 'urn:imagedrop:receipt:1';

/** Hex, by the name of the algorithm (in-toto Attestation Framework v1, "DigestSet"). */
export type Digest = Readonly<Record<string, string>>;

export interface Statement {
  readonly _type: typeof STATEMENT_TYPE;
  readonly subject: readonly { readonly name: string; readonly digest: Digest }[];
  readonly predicateType: typeof RECEIPT_TYPE;
  readonly predicate: Receipt;
}

/** Sizes are bytes. What is not known is absent. */
export interface Receipt {
  readonly imagedrop: { readonly version: string };
  /** Key of the record. */
  readonly record: string;
  readonly dropped: Omit<Drop, 'id' | 'versionId' | 'targets'> & {
    readonly version?: string;
    readonly digest?: Digest;
  };
  /** The disk inside a packed drop. */
  readonly unpacked?: {
    readonly format: string;
    readonly member?: string;
    readonly size: number;
    readonly digest: Digest;
  };
  /** As the record has it. */
  readonly publisher?: unknown;
  /** What the safety checks found in the file. */
  readonly inspected?: { readonly format: string; readonly virtualSize: number };
  /** The part of the disk that was sent, and what its bytes have for hashes. */
  readonly sent?: { readonly route: string; readonly offset: number; readonly size: number; readonly digest?: Digest };
  /** What the cloud reported of the image when it became active, and whether that agreed. */
  readonly verification?: Verification;
}

/** An image id that a cloud has given may hold any character. */
export const receiptKey = (imageId: string): string => `receipts/${encodeURIComponent(imageId)}.json`;

/** The name of an image in a statement: ids are unique at one target only. */
const subjectName = (target: string, imageId: string): string => `${target}/${imageId}`;

/**
 * The same for the same record, whenever it is asked for.
 * @param version of imagedrop
 * @throws `bad-record` when the record names no image
 */
export function statementOf(recordKey: string, record: DropRecord, version: string): Statement {
  const { target, image } = record;
  if (image === undefined)
    throw new ImageDropError('bad-record', `The record ${recordKey} is active, but has no image.`);
  return {
    _type: STATEMENT_TYPE,
    subject: [{ name: subjectName(target, image.id), digest: imageDigest(record) }],
    predicateType: RECEIPT_TYPE,
    predicate: receiptOf(recordKey, record, version),
  };
}

/** A subject needs a digest: where the cloud reports none, that of what was sent, and at last the ETag of the drop. */
function imageDigest({ verification, hashes, drop }: DropRecord): Digest {
  const known = [verification?.reported, hashes].find((each) => each !== undefined && Object.keys(each).length > 0);
  return known ?? { s3Etag: drop.etag };
}

function receiptOf(recordKey: string, record: DropRecord, version: string): Receipt {
  const { found, plan, packed, hashes, verification } = record;
  return {
    imagedrop: { version },
    record: recordKey,
    dropped: dropped(record),
    ...(packed !== undefined && {
      unpacked: {
        format: packed.format,
        ...(packed.member !== undefined && { member: packed.member }),
        size: packed.unpackedBytes,
        digest: { sha256: packed.sha256 },
      },
    }),
    ...(record.publisher !== undefined && { publisher: record.publisher }),
    ...(found && { inspected: { format: found.format, virtualSize: found.virtualSize } }),
    ...(plan && {
      sent: {
        route: plan.route,
        offset: plan.range.offset,
        size: plan.range.length,
        ...(hashes && { digest: hashes }),
      },
    }),
    ...(verification && { verification }),
  };
}

function dropped(record: DropRecord): Receipt['dropped'] {
  const { bucket, key, versionId: version, etag, size, droppedAt } = record.drop;
  const digest = droppedDigest(record);
  return { bucket, key, ...(version && { version }), etag, size, droppedAt, ...(digest && { digest }) };
}

/** Of the whole object: what was sent may be a part of it, or the disk inside. */
export function droppedDigest(record: DropRecord): Digest | undefined {
  const { packed, plan, hashes, drop } = record;
  if (packed?.hashes !== undefined) return packed.hashes;
  if (packed === undefined && plan?.range.length === drop.size) return hashes;
  const published = record.publisher?.checksum;
  return published?.agrees === true ? { [published.algorithm]: published.value } : undefined;
}

/** DSSE v1, "Envelope". */
export interface Envelope {
  readonly payloadType: typeof PAYLOAD_TYPE;
  /** Base64 of the statement. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** The media type of a statement (in-toto Attestation Framework v1, "Envelope"). */
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** What a key of the settings signs by; the names of AWS KMS. */
export const RECEIPT_ALGORITHMS = ['ECDSA_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256', 'RSASSA_PSS_SHA_256'] as const;
export type ReceiptAlgorithm = (typeof RECEIPT_ALGORITHMS)[number];

export interface ReceiptSigner {
  readonly keyId: string;
  sign(bytes: Buffer): Promise<Buffer>;
}

export async function signed(statement: Statement, { keyId, sign }: ReceiptSigner): Promise<Envelope> {
  const payload = Buffer.from(JSON.stringify(statement));
  const signature = await sign(signedBytes(payload));
  return {
    payloadType: PAYLOAD_TYPE,
    payload: payload.toString('base64'),
    signatures: [{ keyid: keyId, sig: signature.toString('base64') }],
  };
}

/** The type of the payload is signed too (DSSE v1, "PAE"). */
export function signedBytes(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload]);
}
