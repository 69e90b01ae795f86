import { signatureVerifier } from './publisher/signature.ts';
import { createMetadataEnvironment, publisherKeysOf } from './runtime/environment.ts';
import { createMetadata } from './steps/create-metadata.ts';
import { folderFiles } from './steps/metadata-files.ts';
import { beginningsOf, cloudsYamlOf, folderKeys, handlerOf, queue, stepDependencies } from './wiring.ts';

const environment = createMetadataEnvironment();
const shared = stepDependencies(environment, cloudsYamlOf(environment));
const keys = publisherKeysOf(environment);
const dependencies = {
  ...shared,
  dropBucket: environment.DROP_BUCKET,
  folderFiles: folderFiles(shared.objects, shared.now),
  folderKeys: folderKeys(),
  ...(keys && { verifySignature: signatureVerifier(keys, shared.now) }),
  ownQueue: queue(environment.INGEST_QUEUE_URL),
  beginnings: beginningsOf(environment),
  unpackQueue: queue(environment.UNPACK_QUEUE_URL),
  uploadQueue: queue(environment.UPLOAD_QUEUE_URL),
};

/** Takes S3 events and records that begin again from the ingest queue. */
export const handler = handlerOf(environment.INGEST_QUEUE_URL, (message, invocation) =>
  createMetadata(message, invocation, dependencies),
);
