import { S3Error } from './errors.ts';
import type { S3Request } from './request.ts';
import { tagsOfHeader } from './tags.ts';
import type { ObjectAttributes } from './version.ts';

/** What S3 gives to an object whose writer names no type. */
const DEFAULT_CONTENT_TYPE = 'binary/octet-stream';
/** Kept and shown again (S3 user guide, "Working with object metadata", system-defined metadata). */
const KEPT_HEADERS = ['cache-control', 'content-disposition', 'content-language', 'expires'];
const METADATA_PREFIX = 'x-amz-meta-';
/** S3 user guide, "User-defined object metadata": 2 KB, names and values together. */
const MAX_METADATA_BYTES = 2048;

/** S3 API, PutObject, x-amz-storage-class: those of general purpose buckets. */
const STORAGE_CLASSES = new Set(
  'STANDARD REDUCED_REDUNDANCY STANDARD_IA ONEZONE_IA INTELLIGENT_TIERING GLACIER DEEP_ARCHIVE GLACIER_IR'.split(' '),
);

/** @throws MetadataTooLarge, InvalidTag, BadRequest, InvalidStorageClass */
export function readAttributes(request: S3Request): ObjectAttributes {
  const tags = tagsOfHeader(request.header('x-amz-tagging'));
  return { ...readDescription(request), tags, storageClass: readStorageClass(request), ...readEncryption(request) };
}

/** Only who may read it is kept: nothing is encrypted on one machine. */
function readEncryption(request: S3Request): Pick<ObjectAttributes, 'customerKey' | 'kmsKeyArn'> {
  const kmsKeyArn = request.header('x-amz-server-side-encryption-aws-kms-key-id');
  return {
    ...(request.header('x-amz-server-side-encryption-customer-algorithm') !== undefined && { customerKey: true }),
    ...(kmsKeyArn !== undefined && { kmsKeyArn }),
  };
}

/** @throws InvalidStorageClass */
export function readStorageClass(request: S3Request): string | undefined {
  const given = request.header('x-amz-storage-class') ?? 'STANDARD';
  if (!STORAGE_CLASSES.has(given))
    throw new S3Error('InvalidStorageClass', { elements: { StorageClassRequested: given } });
  return given === 'STANDARD' ? undefined : given;
}

/** What a copy takes from its source by default. */
export function readDescription(request: S3Request): Pick<ObjectAttributes, 'headers' | 'metadata'> {
  return { headers: readHeaders(request), metadata: readMetadata(request) };
}

function readHeaders(request: S3Request): Record<string, string> {
  const encoding = contentEncoding(request.header('content-encoding'));
  return {
    'content-type': request.header('content-type') ?? DEFAULT_CONTENT_TYPE,
    ...(encoding === '' ? {} : { 'content-encoding': encoding }),
    ...request.headersWhere((name) => KEPT_HEADERS.includes(name)),
  };
}

/** aws-chunked is how the request came, not what the object is. */
function contentEncoding(header = ''): string {
  const encodings = header.split(',').filter((it) => !['', 'aws-chunked'].includes(it.trim()));
  return encodings.join(',').trim();
}

function readMetadata(request: S3Request): Record<string, string> {
  const headers = Object.entries(request.headersWhere((name) => name.startsWith(METADATA_PREFIX)));
  const metadata = headers.map(([name, value]) => [name.slice(METADATA_PREFIX.length), value] as const);
  if (metadata.flat().join('').length > MAX_METADATA_BYTES) {
    throw new S3Error('MetadataTooLarge', { elements: { MaxSizeAllowed: String(MAX_METADATA_BYTES) } });
  }
  return Object.fromEntries(metadata);
}

/** The attributes as headers of an answer. */
export function attributeHeaders(attributes: ObjectAttributes): Record<string, string> {
  const { headers, metadata, tags, storageClass, restoredUntil } = attributes;
  const prefixed = Object.entries(metadata).map(([name, value]) => [METADATA_PREFIX + name, value]);
  return {
    ...headers,
    ...Object.fromEntries(prefixed),
    ...(storageClass === undefined ? {} : { 'x-amz-storage-class': storageClass }),
    ...(restoredUntil === undefined ? {} : { 'x-amz-restore': restored(restoredUntil) }),
    ...(tags.length === 0 ? {} : { 'x-amz-tagging-count': String(tags.length) }),
  };
}

/** S3 API, HeadObject, x-amz-restore. */
const restored = (until: string): string => `ongoing-request="false", expiry-date="${new Date(until).toUTCString()}"`;
