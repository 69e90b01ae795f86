import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { s3Client } from '../../lambda/adapters/aws-clients.ts';
import { s3Objects } from '../../lambda/adapters/s3-objects.ts';
import type { RangeReader } from '../../lambda/formats/reader.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { metadataFromUser } from '../../lambda/model/metadata.ts';
import { objectReader } from '../../lambda/steps/object-reader.ts';
import { WrongUse } from '../commands/wrong-use.ts';

/** What is inspected. */
export interface Source {
  /** Its name can vouch for a raw disk. */
  readonly fileName: string;
  readonly reader: RangeReader;
  /** What its own metadata says that it is. */
  readonly diskFormat?: string;
  close(): Promise<void>;
}

const S3_URL = /^s3:\/\/([^/]+)\/(.+)$/s;

/** @throws WrongUse when there is no such file or object, or it cannot be read */
export function openSource(given: string): Promise<Source> {
  const [, bucket, key] = S3_URL.exec(given) ?? [];
  if (bucket !== undefined && key !== undefined) return objectSource(bucket, key);
  if (given.startsWith('s3://')) throw new WrongUse(`${given} names no object: write s3://BUCKET/KEY.`);
  return fileSource(given);
}

/** npm runs its scripts in the project's folder and says in INIT_CWD where the user was. */
async function fileSource(given: string): Promise<Source> {
  const path = resolve(process.env.INIT_CWD ?? '.', given);
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) throw new WrongUse(`There is no file ${given}.`);
  if (!stats.isFile()) throw new WrongUse(`${given} is not a file.`);
  const file = await open(path).catch((cause) => {
    throw new WrongUse(`${given} cannot be read: ${cause.message}.`, { cause });
  });
  const read = async (offset: number, length: number) => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
    if (bytesRead === length) return buffer;
    throw new WrongUse(`${given} was made shorter while it was read.`);
  };
  return { fileName: given, reader: { size: stats.size, read }, close: () => file.close() };
}

async function objectSource(bucket: string, key: string): Promise<Source> {
  const client = s3Client();
  const objects = s3Objects(client, { info: () => {}, warn: () => {} });
  try {
    const head = await objects.head(bucket, key);
    if (head === undefined) throw new WrongUse(`There is no object s3://${bucket}/${key}.`);
    const { diskFormat } = metadataFromUser(head.userMetadata);
    return {
      fileName: key,
      reader: objectReader(objects, head),
      ...(diskFormat !== undefined && { diskFormat }),
      close: async () => client.destroy(),
    };
  } catch (error) {
    client.destroy();
    throw error instanceof ImageDropError ? new WrongUse(error.message, { cause: error }) : error;
  }
}
