import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { ImageDropError } from '../model/errors.ts';
import { isFor, lasting, pauseAfter, type Refused, type TargetPause } from '../model/target-pause.ts';
import type { TargetPauses } from '../steps/ports.ts';
import { awsUnavailable, isLostRace, isNoSuchKey } from './aws-errors.ts';

/** A target's pause is known for so long before it is read again: one read serves many drops, and a new pause is heard of soon. */
const KNOWN_MS = 5000;

export interface PausesOptions {
  readonly now: () => Date;
  /** Called for each pause that begins or continues, for the operator's metrics. */
  readonly count: (pause: TargetPause) => void;
}

interface Known {
  readonly pause: TargetPause | undefined;
  readonly etag: string | undefined;
  readonly readAt: number;
}

/** `targets/<target>.json` in the status bucket, shared by all functions. Fails with `aws-unavailable`. */
export function s3Pauses(client: S3Client, bucket: string, { now, count }: PausesOptions): TargetPauses {
  const known = new Map<string, Known>();

  async function read(target: string): Promise<Known> {
    const found = { ...(await load(client, bucket, target)), readAt: now().getTime() };
    known.set(target, found);
    return found;
  }

  async function write(pause: TargetPause, { etag }: Known): Promise<boolean> {
    const stored = await store(client, bucket, pause, etag);
    if (stored === undefined) return false;
    known.set(pause.target, { pause, etag: stored, readAt: now().getTime() });
    return true;
  }

  return {
    async of(target) {
      const before = known.get(target);
      const isFresh = before !== undefined && now().getTime() - before.readAt < KNOWN_MS;
      return (isFresh ? before : await read(target)).pause;
    },
    async begin(refused: Refused, error: ImageDropError) {
      const { target, stage } = refused;
      const before = await read(target);
      const isNew = lasting(before.pause, stage, now()) === undefined;
      const pause = pauseAfter(before.pause, refused, error, now());
      if (pause.until === before.pause?.until || !(await write(pause, before))) {
        // Another drop was refused in the same moment, and has stored that.
        return (await read(target)).pause ?? pause;
      }
      if (isNew) count(pause);
      return pause;
    },
    async end(target, stage) {
      const before = known.get(target);
      if (before?.pause === undefined || before.pause.endedAt !== undefined) return;
      if (!isFor(before.pause, stage)) return;
      // When another writer was faster, the next read gets its pause.
      if (!(await write({ ...before.pause, endedAt: now().toISOString() }, before))) known.delete(target);
    },
  };
}

const keyOf = (target: string): string => `targets/${target}.json`;

async function load(client: S3Client, bucket: string, target: string): Promise<Pick<Known, 'pause' | 'etag'>> {
  try {
    const { Body: body, ETag: etag } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: keyOf(target) }));
    return { pause: parsed((await body?.transformToString()) ?? ''), etag };
  } catch (error) {
    if (isNoSuchKey(error)) return { pause: undefined, etag: undefined };
    throw awsUnavailable(`Whether ${target} is paused could not be read from S3`, error);
  }
}

/** What a person has broken is as good as nothing: the next pause overwrites it. */
function parsed(text: string): TargetPause | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @returns the etag; undefined when another writer was faster */
async function store(
  client: S3Client,
  bucket: string,
  pause: TargetPause,
  replaces: string | undefined,
): Promise<string | undefined> {
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: keyOf(pause.target),
    Body: `${JSON.stringify(pause, undefined, 2)}\n`,
    ContentType: 'application/json',
    ...(replaces === undefined ? { IfNoneMatch: '*' } : { IfMatch: replaces }),
  });
  try {
    return (await client.send(command)).ETag ?? '';
  } catch (error) {
    if (isLostRace(error) || isNoSuchKey(error)) return undefined;
    throw awsUnavailable(`That ${pause.target} is paused could not be written to S3`, error);
  }
}
