import { unpackImageEnvironment } from './runtime/environment.ts';
import { freeBytesAtOnce } from './runtime/lean-memory.ts';
import { unpackImage } from './steps/unpack-image.ts';
import { cloudsYamlOf, handlerOf, queue, stepDependencies, workBucketOf } from './wiring.ts';

freeBytesAtOnce();
const environment = unpackImageEnvironment();
const dependencies = {
  ...stepDependencies(environment, cloudsYamlOf(environment)),
  ownQueue: queue(environment.UNPACK_QUEUE_URL),
  workBucket: workBucketOf(environment),
  maxUnpackedBytes: Number(environment.MAX_UNPACKED_BYTES),
};

/** Takes records of packed drops from the unpack queue. */
export const handler = handlerOf(environment.UNPACK_QUEUE_URL, (message, invocation) =>
  unpackImage(message, invocation, dependencies),
);
