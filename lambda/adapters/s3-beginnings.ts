import type { S3Client } from '@aws-sdk/client-s3';
import { BEGINNINGS_KEY, BEGINNINGS_SCHEMA, type TargetBeginnings } from '../model/target-beginnings.ts';
import type { BeginningStore } from '../steps/ports.ts';
import { loadDocument, saveDocument } from './s3-document.ts';

/** One read serves all drops of a minute: a beginning changes only when the stack is deployed with other targets. */
const KNOWN_MS = 60_000;

/** `targets.json` in the status bucket. Fails with `aws-unavailable`, and with `bad-record` where it cannot be read. */
export function s3Beginnings(client: S3Client, bucket: string, now: () => Date): BeginningStore {
  const nextStep = `Restore the version before of ${BEGINNINGS_KEY} in the status bucket.`;
  const place = { client, bucket, key: BEGINNINGS_KEY, schema: BEGINNINGS_SCHEMA, nextStep };
  let known: { readonly document: TargetBeginnings | undefined; readonly readAt: number } | undefined;

  const keep = (document: TargetBeginnings | undefined): TargetBeginnings | undefined => {
    known = { document, readAt: now().getTime() };
    return document;
  };
  return {
    async load() {
      if (known !== undefined && now().getTime() - known.readAt < KNOWN_MS) return known.document;
      return keep((await loadDocument<TargetBeginnings>(place))?.document);
    },
    async change(decide) {
      for (;;) {
        const stored = await loadDocument<TargetBeginnings>(place);
        const next = decide(stored?.document);
        if (await saveDocument(place, next, stored?.etag)) {
          keep(next);
          return next;
        }
      }
    },
  };
}
