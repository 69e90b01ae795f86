import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseObject } from '../../lambda/model/json.ts';
import { writeForOwner } from '../stack/local.ts';
import { stateFolder } from '../user-folders.ts';

/** What an upload is of: only the same goes on with its parts. */
export interface UploadSubject {
  readonly bucket: string;
  readonly key: string;
  /** Bytes in the file. */
  readonly size: number;
  /** S3 takes it at the beginning of an upload, and does not show it before the end. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The uploads that were begun on this machine and have not ended: one small file for each in
 * `~/.local/state/imagedrop/uploads`. It says only which upload to look at; what has arrived of it is asked of S3.
 */
export interface Journal {
  uploadOf(subject: UploadSubject): Promise<string | undefined>;
  begun(subject: UploadSubject, uploadId: string): Promise<void>;
  ended(subject: UploadSubject): Promise<void>;
}

export function journalIn(folder = join(stateFolder(), 'uploads')): Journal {
  const fileOf = (subject: UploadSubject) => join(folder, `${digestOf(subject)}.json`);
  return {
    async uploadOf(subject) {
      const uploadId = parseObject(await textOf(fileOf(subject)))?.uploadId;
      return typeof uploadId === 'string' ? uploadId : undefined;
    },
    async begun(subject, uploadId) {
      const file = fileOf(subject);
      await mkdir(folder, { recursive: true });
      await removeOld(folder);
      await writeForOwner(file, `${JSON.stringify({ ...subject, uploadId }, undefined, 2)}\n`);
    },
    ended: (subject) => rm(fileOf(subject), { force: true }),
  };
}

/** The stack's own bucket gives up what is unfinished after a week (lib/buckets.ts). */
const KEPT_MS = 7 * 86_400_000;

async function removeOld(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    // Undefined: another command has removed it meanwhile.
    const stats = await stat(join(folder, name)).catch(() => undefined);
    if (stats !== undefined && Date.now() - stats.mtimeMs > KEPT_MS) await rm(join(folder, name), { force: true });
  }
}

function digestOf({ bucket, key, size, metadata }: UploadSubject): string {
  const sorted = Object.entries(metadata).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([bucket, key, size, sorted]))
    .digest('hex')
    .slice(0, 32);
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
