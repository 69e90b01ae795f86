import type { Answer } from './answer.ts';
import { authenticate } from './authentication.ts';
import {
  authorize,
  bucketArn,
  type Operation,
  objectArn,
  requireOwner,
  type Service,
  type ServiceCall,
} from './call.ts';
import { S3Error } from './errors.ts';
import type { S3Request } from './request.ts';
import { BUCKET_OPERATIONS, OBJECT_OPERATIONS, route, SERVICE_OPERATIONS } from './router.ts';

/**
 * All that happens to a request, in its order: who is it, what does it want, may it, do it.
 * @throws S3Error
 */
export async function perform(request: S3Request, service: Service): Promise<Answer> {
  const signer = authenticate(request, service.access, service.clock());
  const call = { service, request, signer };
  if (request.bucket === '') return run(route(SERVICE_OPERATIONS, request), call, 'arn:aws:s3:::*');
  const bucket = service.buckets.get(request.bucket);
  if (bucket === undefined) throw new S3Error('NoSuchBucket', { elements: { BucketName: request.bucket } });
  requireOwner(request, 'x-amz-expected-bucket-owner');
  if (request.key === '') return run(route(BUCKET_OPERATIONS, request), { ...call, bucket }, bucketArn(bucket));
  const objectCall = { ...call, bucket, key: request.key };
  return run(route(OBJECT_OPERATIONS, request), objectCall, objectArn(bucket, request.key));
}

async function run<C extends ServiceCall>(operation: Operation<C>, call: C, resourceArn: string): Promise<Answer> {
  for (const action of operation.actions(call.request)) authorize(call, action, resourceArn);
  return operation.run(call);
}
