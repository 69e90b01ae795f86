import { createHash } from 'node:crypto';
import { xmlAnswer } from '../answer.ts';
import { readDescription, readStorageClass } from '../attributes.ts';
import { authorize, type ObjectCall, type Operation, objectArn, versionHeader } from '../call.ts';
import { checksumElements } from '../checksums.ts';
import { WriteCondition } from '../conditions.ts';
import { type CopySource, findCopySource, through } from '../copy-source.ts';
import { S3Error } from '../errors.ts';
import { wholeRange } from '../ranges.ts';
import type { S3Request } from '../request.ts';
import { tagsOfHeader } from '../tags.ts';
import type { ObjectAttributes, ObjectContent, Tag } from '../version.ts';
import { checkSize, publish } from './put-object.ts';

export const copyObject: Operation<ObjectCall> = {
  actions: () => ['s3:PutObject'],
  run: async (call) => {
    const condition = new WriteCondition(call);
    condition.check();
    const source = findCopySource(call);
    checkSize(source.object.size);
    const attributes = newAttributes(call, source);
    const content = await copyContent(call, source);
    const object = await publish(call, condition, { ...attributes, ...content }, 'ObjectCreated:Copy');
    return xmlAnswer(
      'CopyObjectResult',
      { LastModified: object.lastModified, ETag: `"${object.etag}"`, ...checksumElements(object.checksum) },
      { ...versionHeader(call.bucket, object), ...source.headers },
    );
  },
};

function newAttributes(call: ObjectCall, source: CopySource): ObjectAttributes {
  const { request } = call;
  const replaced = directive(request, 'x-amz-metadata-directive') === 'REPLACE';
  const storageClass = readStorageClass(request);
  const sameKey = source.call.bucket === call.bucket && source.call.key === call.key;
  const changes = replaced || storageClass !== source.object.storageClass;
  if (sameKey && !changes && source.object === call.bucket.newest(call.key)) {
    const message =
      'This copy request is illegal because it is trying to copy an object to itself without changing its metadata or storage class.';
    throw new S3Error('InvalidRequest', { message });
  }
  const { headers, metadata } = replaced ? readDescription(request) : source.object;
  return { headers, metadata, tags: newTags(call, source), storageClass };
}

function newTags(call: ObjectCall, source: CopySource): readonly Tag[] {
  const replaced = directive(call.request, 'x-amz-tagging-directive') === 'REPLACE';
  const tags = replaced ? tagsOfHeader(call.request.header('x-amz-tagging')) : source.object.tags;
  if (tags.length === 0) return tags;
  if (!replaced) authorize(call, 's3:GetObjectTagging', objectArn(source.call.bucket, source.call.key));
  authorize(call, 's3:PutObjectTagging', objectArn(call.bucket, call.key));
  return tags;
}

function directive(request: S3Request, name: string): 'COPY' | 'REPLACE' {
  const value = request.header(name) ?? 'COPY';
  if (value === 'COPY' || value === 'REPLACE') return value;
  throw new S3Error('InvalidArgument', { message: `Unknown ${name}: ${value}` });
}

/** The copy is of one part: its ETag is the MD5 of the content, whatever that of the source was. */
async function copyContent(call: ObjectCall, { call: from, object }: CopySource): Promise<ObjectContent> {
  const md5 = createHash('md5');
  const bytes = from.bucket.blobs.read(object.parts, wholeRange(object.size));
  const part = await call.bucket.blobs.write(through(bytes, [md5]), object.size);
  return {
    etag: md5.digest('hex'),
    size: part.size,
    parts: [part],
    checksum: object.checksum?.type === 'FULL_OBJECT' ? object.checksum : undefined,
  };
}
