import { s3Client } from './adapters/aws-clients.ts';
import { s3Objects } from './adapters/s3-objects.ts';
import { undiciHandler } from './adapters/undici-handler.ts';
import { unpackImageEnvironment } from './runtime/environment.ts';
import { freeBytesAtOnce } from './runtime/lean-memory.ts';
import { unpackImage } from './steps/unpack-image.ts';
import { cloudsYamlOf, handlerOf, queue, stepDependencies, workBucketOf } from './wiring.ts';

freeBytesAtOnce();
const environment = unpackImageEnvironment();
const byteClient = s3Client(undiciHandler);
const dependencies = {
  ...stepDependencies(environment, cloudsYamlOf(environment)),
  ownQueue: queue(environment.UNPACK_QUEUE_URL),
  objects: s3Objects(byteClient),
  workBucket: workBucketOf(environment, byteClient),
  maxUnpackedBytes: Number(environment.MAX_UNPACKED_BYTES),
};

/** Takes records of packed drops from the unpack queue. */
export const handler = handlerOf(environment.UNPACK_QUEUE_URL, (message, invocation) =>
  unpackImage(message, invocation, dependencies),
);
