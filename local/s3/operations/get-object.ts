import { validateHeaderValue } from 'node:http';
import { type Answer, emptyAnswer } from '../answer.ts';
import { attributeHeaders } from '../attributes.ts';
import { type ObjectCall, type Operation, versionHeader } from '../call.ts';
import { checksumHeaders } from '../checksums.ts';
import { failedCondition, preconditionFailed, readConditions } from '../conditions.ts';
import { S3Error } from '../errors.ts';
import { actionByVersion, findObject, requestedVersion, requireCustomerKey, requireReadable } from '../lookup.ts';
import { type ByteRange, parseRange, rangeLength, wholeRange } from '../ranges.ts';
import type { S3Request } from '../request.ts';
import type { StoredObject } from '../version.ts';

/** The parameters of GetObject that replace a header of the answer. */
const OVERRIDES = [
  'content-type',
  'content-language',
  'expires',
  'cache-control',
  'content-disposition',
  'content-encoding',
];

const actions = actionByVersion('s3:GetObject', 's3:GetObjectVersion');

export const getObject: Operation<ObjectCall> = {
  actions,
  run: (call) => {
    const { object, range, answer } = describe(call);
    requireReadable(call, object);
    return { ...answer, body: call.bucket.blobs.read(object.parts, range) };
  },
};

export const headObject: Operation<ObjectCall> = {
  actions,
  run: (call) => describe(call).answer,
};

function describe(call: ObjectCall): { object: StoredObject; range: ByteRange; answer: Answer } {
  const { request, bucket } = call;
  const object = findObject(call, requestedVersion(request));
  requireCustomerKey(request, object);
  const identity = {
    etag: `"${object.etag}"`,
    'last-modified': new Date(object.lastModified).toUTCString(),
    ...versionHeader(bucket, object),
  };
  checkConditions(request, object, identity);
  const wanted = requestedPart(request, object) ?? parseRange(request.header('range'), object.size);
  const range = wanted ?? wholeRange(object.size);
  const headers = {
    ...attributeHeaders(object),
    ...identity,
    ...(wanted === undefined && request.header('x-amz-checksum-mode') === 'ENABLED'
      ? checksumHeaders(object.checksum)
      : {}),
    ...overrides(request),
    'accept-ranges': 'bytes',
    'content-length': String(rangeLength(range)),
    ...(wanted === undefined ? {} : { 'content-range': `bytes ${range.start}-${range.end}/${object.size}` }),
    ...(request.has('partNumber') && object.uploadId !== undefined
      ? { 'x-amz-mp-parts-count': String(object.parts.length) }
      : {}),
  };
  return { object, range, answer: emptyAnswer(wanted === undefined ? 200 : 206, headers) };
}

function checkConditions(request: S3Request, object: StoredObject, identity: Record<string, string>): void {
  const failed = failedCondition(readConditions(request), object);
  if (failed === undefined) return;
  const unchanged = failed === 'If-None-Match' || failed === 'If-Modified-Since';
  throw unchanged ? new S3Error('NotModified', { headers: identity }) : preconditionFailed(failed);
}

/** The bytes of one part of a multipart upload. An empty object has no range that could be named. */
function requestedPart(request: S3Request, object: StoredObject): ByteRange | undefined {
  const number = request.integer('partNumber', { lowest: 1, highest: 10_000 });
  if (number === undefined) return undefined;
  const part = object.parts[number - 1];
  if (part === undefined) throw new S3Error('InvalidPartNumber');
  if (part.size === 0) return undefined;
  const start = object.parts.slice(0, number - 1).reduce((sum, { size }) => sum + size, 0);
  return { start, end: start + part.size - 1 };
}

function overrides(request: S3Request): Record<string, string> {
  const given = OVERRIDES.flatMap((name) => {
    const value = request.parameter(`response-${name}`);
    return value === undefined ? [] : [[name, Buffer.from(value).toString('latin1')] as const];
  });
  for (const [name, value] of given) checkHeaderValue(name, value);
  return Object.fromEntries(given);
}

function checkHeaderValue(name: string, value: string): void {
  try {
    validateHeaderValue(name, value);
  } catch {
    throw new S3Error('InvalidArgument', { message: `response-${name} holds characters that no header can.` });
  }
}
