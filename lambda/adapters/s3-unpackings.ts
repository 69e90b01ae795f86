import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { S3Client } from '@aws-sdk/client-s3';
import { ImageDropError } from '../model/errors.ts';
import { UNPACKING_SCHEMA, type Unpacking } from '../model/unpacking.ts';
import type { UnpackingStore } from '../steps/ports.ts';
import { loadDocument, saveDocument } from './s3-document.ts';

/** The records of one drop are few, and each writes seldom. */
const MAX_ROUNDS = 10;
const PAUSE_MS = 100;

/** Documents of drops that are unpacked. A document whose write was answered late is found as it was written. */
export function s3Unpackings(client: S3Client, bucket: string): UnpackingStore {
  const nextStep = 'Delete it from the work bucket: the drop is then unpacked again.';
  const place = (key: string) => ({ client, bucket, key, schema: UNPACKING_SCHEMA, nextStep });
  const load = (key: string) => loadDocument<Unpacking>(place(key));
  return {
    load: async (key) => (await load(key))?.document,
    async change(key, decide) {
      let written: Unpacking | undefined;
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const stored = await load(key);
        if (written !== undefined && isDeepStrictEqual(stored?.document, written)) return written;
        const next = decide(stored?.document);
        if (next === undefined) return stored?.document;
        if (await saveDocument(place(key), next, stored?.etag)) return next;
        written = next;
        await pause(Math.random() * PAUSE_MS * (round + 1));
      }
      throw new ImageDropError('record-conflict', `${key} was changed by others ${MAX_ROUNDS} times.`);
    },
  };
}
