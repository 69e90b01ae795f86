import { ImageDropError } from '../model/errors.ts';
import type { DropRecord } from '../model/record.ts';

/** All of ours lie under one prefix, so that a rule of the bucket can concern them alone. */
const PREFIX = 'imagedrop';

/**
 * A key without spaces, which image services refuse, that no other drop has. It does not change with the generation: an
 * image that is made anew is made of the same copy.
 */
export function stagedKey({ staging, sent, found, drop }: DropRecord): string {
  if (staging !== undefined) return staging.key;
  if (sent !== undefined && found !== undefined) return `${PREFIX}/${sent.id}.${found.format}`;
  throw new ImageDropError('bad-record', `The record of ${drop.key} has the status of an upload, but nothing is sent.`);
}
