import { emptyAnswer, xmlAnswer } from '../answer.ts';
import type { BucketSettings } from '../bucket.ts';
import type { BucketCall, Operation, ServiceCall } from '../call.ts';
import { S3Error } from '../errors.ts';
import { decodeToken, encodeToken } from '../listing.ts';

/** Who owns all buckets and objects here. */
export const OWNER = { ID: 'local', DisplayName: 'local' };
/** Buckets are in the template, which says nothing of when they were made. */
const CREATED = '2006-03-14T00:00:00.000Z';

/** S3 gives no longer pages. */
const MAX_BUCKETS = 10_000;

export const listBuckets: Operation<ServiceCall> = {
  actions: () => ['s3:ListAllMyBuckets'],
  run: ({ service, request }) => {
    const prefix = request.parameter('prefix') ?? '';
    const token = request.parameter('continuation-token');
    const after = token === undefined ? '' : decodeToken(token);
    const max = request.integer('max-buckets', { lowest: 1, highest: MAX_BUCKETS }) ?? MAX_BUCKETS;
    const names = [...service.buckets.keys()].sort().filter((name) => name.startsWith(prefix) && name > after);
    const page = names.slice(0, max);
    return xmlAnswer('ListAllMyBucketsResult', {
      Owner: OWNER,
      Buckets: { Bucket: page.map((Name) => ({ Name, CreationDate: CREATED })) },
      Prefix: request.parameter('prefix'),
      ContinuationToken: page.length < names.length ? encodeToken(page.at(-1) ?? '') : undefined,
    });
  },
};

export const headBucket: Operation<BucketCall> = {
  actions: () => ['s3:ListBucket'],
  run: ({ service }) => emptyAnswer(200, { 'x-amz-bucket-region': service.region }),
};

/** Some clients create the bucket before they write. Only us-east-1 answers that it is there with a success. */
export const createBucket: Operation<BucketCall> = {
  actions: () => ['s3:CreateBucket'],
  run: ({ service, bucket }) => {
    if (service.region === 'us-east-1') return emptyAnswer(200, { location: `/${bucket.settings.name}` });
    throw new S3Error('BucketAlreadyOwnedByYou');
  },
};

export const getBucketLocation: Operation<BucketCall> = {
  actions: () => ['s3:GetBucketLocation'],
  // us-east-1 has no location constraint: the element is empty.
  run: ({ service }) => xmlAnswer('LocationConstraint', service.region === 'us-east-1' ? undefined : service.region),
};

export const getBucketVersioning: Operation<BucketCall> = {
  actions: () => ['s3:GetBucketVersioning'],
  run: ({ bucket }) => xmlAnswer('VersioningConfiguration', { Status: versioningStatus(bucket.settings) }),
};

function versioningStatus({ versioned, suspended = false }: BucketSettings): string | undefined {
  if (!versioned) return undefined;
  return suspended ? 'Suspended' : 'Enabled';
}
