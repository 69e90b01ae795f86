import type { S3Client } from '@aws-sdk/client-s3';
import { RECONCILIATION_KEY, RECONCILIATION_SCHEMA, type Reconciliation } from '../model/reconciliation.ts';
import type { ReconciliationStore } from '../steps/reconcile/ports.ts';
import { loadDocument, saveDocument } from './s3-document.ts';

/** `reconcile.json` in the status bucket. Fails with `aws-unavailable`, and with `bad-record` where it cannot be read. */
export function s3Reconciliations(client: S3Client, bucket: string): ReconciliationStore {
  const nextStep = `Delete ${RECONCILIATION_KEY} from the status bucket: reconcile then begins anew.`;
  const place = { client, bucket, key: RECONCILIATION_KEY, schema: RECONCILIATION_SCHEMA, nextStep };
  return {
    async load() {
      const stored = await loadDocument<Reconciliation>(place);
      return stored && { reconciliation: stored.document, etag: stored.etag };
    },
    save: (reconciliation, replaces) => saveDocument(place, reconciliation, replaces?.etag),
  };
}
