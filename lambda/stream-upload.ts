import { s3Client, stagingClient } from './adapters/aws-clients.ts';
import { undiciHandler } from './adapters/undici-handler.ts';
import { streamUploadEnvironment } from './runtime/environment.ts';
import { freeBytesAtOnce } from './runtime/lean-memory.ts';
import { streamUpload } from './steps/stream-upload.ts';
import { cloudsYamlOf, handlerOf, queue, sharingStore, stagingOf, stepDependencies } from './wiring.ts';

freeBytesAtOnce();
const environment = streamUploadEnvironment();
const cloudsYaml = cloudsYamlOf(environment);
const dependencies = {
  ...stepDependencies(environment, cloudsYaml),
  objects: sharingStore(s3Client(undiciHandler)),
  staging: stagingOf(environment, cloudsYaml, (access) => stagingClient(access, undiciHandler)),
  ownQueue: queue(environment.UPLOAD_QUEUE_URL),
  uploadQueue: queue(environment.UPLOAD_QUEUE_URL),
};

/** Takes records with a created image, and chunks of their files, from the upload queue. */
export const handler = handlerOf(environment.UPLOAD_QUEUE_URL, (message, invocation) =>
  streamUpload(message, invocation, dependencies),
);
