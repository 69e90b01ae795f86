import type { BucketCall, ObjectCall, Operation, ServiceCall } from './call.ts';
import { notImplemented, S3Error } from './errors.ts';
import { createBucket, getBucketLocation, getBucketVersioning, headBucket, listBuckets } from './operations/buckets.ts';
import { completeMultipartUpload } from './operations/complete-multipart-upload.ts';
import { copyObject } from './operations/copy-object.ts';
import { deleteObject, deleteObjects } from './operations/delete-object.ts';
import { getObject, headObject } from './operations/get-object.ts';
import { listObjectVersions } from './operations/list-object-versions.ts';
import { listObjectsV1, listObjectsV2 } from './operations/list-objects.ts';
import {
  abortMultipartUpload,
  createMultipartUpload,
  listMultipartUploads,
  listParts,
} from './operations/multipart-uploads.ts';
import { putObject } from './operations/put-object.ts';
import { restoreObject } from './operations/restore-object.ts';
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './operations/tagging.ts';
import { uploadPart, uploadPartCopy } from './operations/upload-part.ts';
import type { S3Request } from './request.ts';

type Operations<C extends ServiceCall> = Readonly<Record<string, Operation<C>>>;

/** By method and, behind it, the parameter that makes it another operation. */
export const SERVICE_OPERATIONS: Operations<ServiceCall> = {
  GET: listBuckets,
};

export const BUCKET_OPERATIONS: Operations<BucketCall> = {
  HEAD: headBucket,
  GET: listObjectsV1,
  'GET list-type': listObjectsV2,
  'GET location': getBucketLocation,
  'GET uploads': listMultipartUploads,
  'GET versioning': getBucketVersioning,
  'GET versions': listObjectVersions,
  'POST delete': deleteObjects,
  PUT: createBucket,
};

export const OBJECT_OPERATIONS: Operations<ObjectCall> = {
  HEAD: headObject,
  GET: getObject,
  'GET tagging': getObjectTagging,
  'GET uploadId': listParts,
  PUT: putObject,
  'PUT copy': copyObject,
  'PUT tagging': putObjectTagging,
  'PUT uploadId': uploadPart,
  'PUT uploadId copy': uploadPartCopy,
  'POST uploadId': completeMultipartUpload,
  'POST restore': restoreObject,
  'POST uploads': createMultipartUpload,
  DELETE: deleteObject,
  'DELETE tagging': deleteObjectTagging,
  'DELETE uploadId': abortMultipartUpload,
};

/** The parameters by which the S3 API tells operations apart; many stand for what is not here. */
const SUBRESOURCES = new Set(
  (
    'abac accelerate acl analytics append attributes cors delete encryption intelligent-tiering inventory legal-hold ' +
    'lifecycle list-type location logging metadataConfiguration metadataTable metrics notification object-lock ' +
    'ownershipControls policy policyStatus publicAccessBlock renameObject replication requestPayment restore retention ' +
    'select session tagging torrent uploadId uploads versioning versions website'
  ).split(' '),
);

/** Headers that change what an operation does, in ways that this server does not know. */
const UNSUPPORTED_HEADERS = [
  'x-amz-copy-source-server-side-encryption-customer-algorithm',
  'x-amz-object-lock-mode',
  'x-amz-object-lock-legal-hold',
  'x-amz-write-offset-bytes',
  // Of directory buckets.
  'x-amz-if-match-last-modified-time',
  'x-amz-if-match-size',
];

/** @throws NotImplemented, saying what is not; InvalidArgument for an unknown list-type */
export function route<C extends ServiceCall>(operations: Operations<C>, request: S3Request): Operation<C> {
  const header = UNSUPPORTED_HEADERS.find((name) => request.header(name) !== undefined);
  if (header !== undefined) throw notImplemented(`The header ${header}`);
  const subresource = request.target.query.map(([name]) => name).find((name) => SUBRESOURCES.has(name));
  if (subresource === 'list-type' && request.parameter('list-type') !== '2') {
    throw new S3Error('InvalidArgument', { message: 'list-type must be 2.' });
  }
  const copy = request.header('x-amz-copy-source') === undefined ? [] : ['copy'];
  const operation =
    operations[[request.method, ...(subresource === undefined ? [] : [subresource]), ...copy].join(' ')];
  if (operation === undefined) throw notImplemented(describe(request, subresource));
  return operation;
}

function describe({ method, bucket, key }: S3Request, subresource: string | undefined): string {
  const scope = key === '' ? 'a bucket' : 'an object';
  return `${method} of ${bucket === '' ? 'the service' : scope}${subresource === undefined ? '' : ` with ?${subresource}`}`;
}
