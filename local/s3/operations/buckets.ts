import { emptyAnswer, xmlAnswer } from '../answer.ts';
import type { BucketCall, Operation, ServiceCall } from '../call.ts';
import { S3Error } from '../errors.ts';

/** Who owns all buckets and objects here. */
export const OWNER = { ID: 'local', DisplayName: 'local' };
/** Buckets are in the template, which says nothing of when they were made. */
const CREATED = '2006-03-14T00:00:00.000Z';

export const listBuckets: Operation<ServiceCall> = {
  actions: () => ['s3:ListAllMyBuckets'],
  run: ({ service }) => {
    const names = [...service.buckets.keys()].sort();
    const Bucket = names.map((Name) => ({ Name, CreationDate: CREATED }));
    return xmlAnswer('ListAllMyBucketsResult', { Owner: OWNER, Buckets: { Bucket } });
  },
};

export const headBucket: Operation<BucketCall> = {
  actions: () => ['s3:ListBucket'],
  run: ({ service }) => emptyAnswer(200, { 'x-amz-bucket-region': service.region }),
};

/** Some clients create the bucket before they write; that it is there already is what they want to hear. */
export const createBucket: Operation<BucketCall> = {
  actions: () => ['s3:CreateBucket'],
  run: () => {
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
  run: ({ bucket }) =>
    xmlAnswer('VersioningConfiguration', { Status: bucket.settings.versioned ? 'Enabled' : undefined }),
};
