import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { DropPlace } from '../../lambda/endpoints/endpoint.ts';
import type { RangeReader } from '../../lambda/formats/reading/reader.ts';
import type { Target } from '../../lambda/model/target.ts';
import { WrongUse } from '../terminal/exit-codes.ts';
import { localMetadata } from './local-metadata.ts';
import type { SaidOfImage } from './metadata.ts';

/** What is inspected. */
export interface Source {
  /** Its name can vouch for a raw disk. */
  readonly fileName: string;
  readonly reader: RangeReader;
  /** Streams a part of it. */
  open(offset: number, length: number): AsyncIterable<Uint8Array>;
  /** The place of a drop, as an endpoint gets it. */
  place(target: Target): DropPlace;
  /** The key that it would be dropped under, or has been. */
  readonly key: string;
  /** What the files around it say, and its own user metadata. */
  readonly said: SaidOfImage;
  close(): Promise<void>;
}

const S3_URL = /^s3:\/\/([^/]+)\/(.+)$/s;

/**
 * @param top the folder that counts as the top of the bucket for a local file; the current one by default
 * @throws WrongUse when there is no such file or object, or it cannot be read
 */
export async function openSource(given: string, top?: string): Promise<Source> {
  const [, bucket, key] = S3_URL.exec(given) ?? [];
  if (bucket !== undefined && key !== undefined) {
    // Clients of AWS take longer to load than a file to inspect.
    const { objectSource } = await import('./object-source.ts');
    return objectSource(bucket, key);
  }
  if (given.startsWith('s3://')) throw new WrongUse(`${given} names no object: write s3://BUCKET/KEY.`);
  return fileSource(given, top);
}

/** npm runs its scripts in the project's folder and says in INIT_CWD where the user was. */
async function fileSource(given: string, top?: string): Promise<Source> {
  const here = resolve(process.env.INIT_CWD ?? '.');
  const path = resolve(here, given);
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
  // A file that is dropped keeps the name of its last part, and files beside it can be dropped with it.
  const key = basename(path);
  const has = async (other: string) => (await stat(join(dirname(path), other)).catch(() => undefined)) !== undefined;
  const place = () => ({ key, isStaging: false, has });
  const files = await localMetadata(path, top ?? here);
  const reader = { size: stats.size, read };
  const openRange = (offset: number, length: number) => streamOf(file, offset, length);
  return {
    fileName: given,
    key,
    reader,
    open: openRange,
    place,
    said: { files, userMetadata: {} },
    close: () => file.close(),
  };
}

/** Larger than Node's 64 KiB: the decoders take as much at once. */
const CHUNK_BYTES = 1024 * 1024;

async function* streamOf(file: FileHandle, offset: number, length: number): AsyncGenerator<Uint8Array> {
  if (length === 0) return;
  const end = offset + length - 1;
  yield* file.createReadStream({ start: offset, end, autoClose: false, highWaterMark: CHUNK_BYTES });
}
