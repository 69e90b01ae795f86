import type { Context } from 'aws-lambda';
import { reconcileEnvironment } from './runtime/environment.ts';
import { type ReconcileReport, reconcile } from './steps/reconcile/reconcile.ts';
import { beginningsOf, bucketsOf, cloudsYamlOf, invocationOf, measured, stages, stepDependencies } from './wiring.ts';

const environment = reconcileEnvironment();
const dependencies = {
  ...stepDependencies(environment, cloudsYamlOf(environment)),
  ...bucketsOf(environment, environment.DROP_BUCKET),
  beginnings: beginningsOf(environment),
  queues: stages({
    ingest: { queue: environment.INGEST_QUEUE_URL, deadLetters: environment.INGEST_DEAD_LETTERS_URL },
    unpack: { queue: environment.UNPACK_QUEUE_URL, deadLetters: environment.UNPACK_DEAD_LETTERS_URL },
    upload: { queue: environment.UPLOAD_QUEUE_URL, deadLetters: environment.UPLOAD_DEAD_LETTERS_URL },
    status: { queue: environment.STATUS_QUEUE_URL, deadLetters: environment.STATUS_DEAD_LETTERS_URL },
  }),
  settings: {
    dropBucket: environment.DROP_BUCKET,
    takesUpAll: environment.DROPS_BEFORE_FIRST_RUN === 'taken-up',
    lostAfterSeconds: Number(environment.LOST_AFTER_SECONDS),
    deleteOrphanedImages: environment.DELETE_ORPHANED_IMAGES === 'true',
  },
};

/** Runs on a schedule, with `{}`; with `{ "dryRun": true }` it only looks. */
export const handler = measured(
  (event: { readonly dryRun?: boolean } | null, context: Context): Promise<ReconcileReport> =>
    reconcile({ dryRun: event?.dryRun === true }, invocationOf(context), dependencies),
);
