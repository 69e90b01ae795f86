import { snsClient } from './adapters/aws-clients.ts';
import { snsTopic } from './adapters/sns-topic.ts';
import { recordStatusEnvironment } from './runtime/environment.ts';
import { recordStatus } from './steps/record-status.ts';
import {
  cloudsYamlOf,
  handlerOf,
  receiptsOf,
  stagingOf,
  stepDependencies,
  taggingStore,
  workBucketOf,
} from './wiring.ts';

const environment = recordStatusEnvironment();
const cloudsYaml = cloudsYamlOf(environment);
const dependencies = {
  ...stepDependencies(environment, cloudsYaml),
  objects: taggingStore(),
  tagsDrops: environment.TAG_DROPS === 'true',
  marksSettled: environment.MARK_SETTLED === 'true',
  staging: stagingOf(environment, cloudsYaml),
  workBucket: workBucketOf(environment),
  receipts: receiptsOf(environment),
  topic: snsTopic(snsClient(), environment.OUTCOME_TOPIC_ARN),
};

/** Takes uploaded and settled records from the status queue. */
export const handler = handlerOf(environment.STATUS_QUEUE_URL, (message, invocation) =>
  recordStatus(message, invocation, dependencies),
);
