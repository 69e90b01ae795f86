import { createCipheriv, createHash } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { inspect } from '../../lambda/formats/inspect.ts';
import { type ErrorCode, ImageDropError } from '../../lambda/model/errors.ts';
import type { FoundImage } from '../../lambda/model/image.ts';
import type { TargetKind } from '../../lambda/model/target.ts';
import { isPacked, SIGNATURE_BYTES } from '../../lambda/packed/signatures.ts';
import { corpusEntries } from '../support/corpus/corpus.ts';
import { fileOf, isAccepted } from '../support/corpus/entry.ts';
import { rawDisk } from '../support/disk.ts';
import { gptDisk } from '../support/images/gpt.ts';
import { isoImage } from '../support/images/iso.ts';
import { qcowImage } from '../support/images/qcow.ts';
import { qcow2Image } from '../support/images/qcow2.ts';
import { qedImage } from '../support/images/qed.ts';
import { SparseFile } from '../support/images/sparse-file.ts';
import { vdiImage } from '../support/images/vdi.ts';
import { dynamicVhd, fixedVhd } from '../support/images/vhd.ts';
import { vhdxImage } from '../support/images/vhdx.ts';
import { monolithicSparseVmdk, streamOptimizedVmdk } from '../support/images/vmdk.ts';
import { zvhd2Image, zvhdImage } from '../support/images/zvhd.ts';
import { tarOf, zipOf } from '../support/packed/packed-files.ts';
import type { ChaosTarget } from './chaos-cloud.ts';
import type { Packing, PlannedDrop, SoundFormat } from './drop-plan.ts';

/** What has to become of a drop at a target, whatever goes wrong meanwhile. */
export type Expected =
  | { readonly outcome: 'active'; readonly bytes: number; readonly sha256: string }
  | { readonly outcome: 'failed'; readonly code: ErrorCode };

export interface DropContent {
  readonly bytes: Buffer;
  expectedAt(target: Pick<ChaosTarget, 'kind' | 'route'>): Expected;
}

/** Larger files of the corpus are mostly holes. */
const MAX_CORPUS_BYTES = 4 * 2 ** 20;

/** What an endpoint of each kind does not take, whatever is in it (docs/endpoints.md). */
const NOT_TAKEN: Readonly<Record<TargetKind, readonly string[]>> = {
  glance: ['qcow', 'qed', 'zvhd', 'zvhd2'],
  ims: ['iso'],
};

const WRAPPED: Readonly<Record<SoundFormat, (disk: Buffer) => Buffer>> = {
  raw: (disk) => disk,
  'raw with a GPT': (disk) => withGpt(disk),
  qcow2: (disk) => qcow2Image(disk),
  'qcow2 v2': (disk) => qcow2Image(disk, { version: 2 }),
  qcow: qcowImage,
  qed: qedImage,
  'vmdk monolithicSparse': (disk) => monolithicSparseVmdk(disk),
  'vmdk streamOptimized': (disk) => streamOptimizedVmdk(disk),
  'vhd fixed': (disk) => fixedVhd(disk),
  'vhd dynamic': (disk) => dynamicVhd(disk),
  vhdx: (disk) => vhdxImage(disk),
  vdi: (disk) => vdiImage(disk),
  iso: isoImage,
  zvhd: zvhdImage,
  zvhd2: zvhd2Image,
};

const PACKED: Readonly<Record<Packing, (file: Buffer) => Buffer>> = {
  gzip: (file) => gzipSync(file),
  zstd: (file) => zstdCompressSync(file),
  zip: (bytes) => zipOf([{ name: 'disk.img', bytes }]),
  'tar in gzip': (bytes) => gzipSync(tarOf([{ name: 'disk.raw', bytes }])),
};

let bad: readonly { readonly build: () => Buffer | SparseFile }[] | undefined;

export async function dropContent({ key, content, asks, packing }: PlannedDrop): Promise<DropContent> {
  const file = content.kind === 'bad' ? badFile(content.pick) : soundFile(content);
  const found = await verdict(file, key);
  const bytes = packing === undefined ? file : PACKED[packing](file);
  return { bytes, expectedAt: (target) => expectedAt(target, found, file, asks) };
}

function badFile(pick: number): Buffer {
  bad ??= corpusEntries().filter(
    (entry) => !isAccepted(entry) && entry.options === undefined && isSmallDisk(fileOf(entry)),
  );
  const built = bad[pick % bad.length]?.build() ?? Buffer.alloc(0);
  return built instanceof SparseFile ? built.readNow(0, built.size) : built;
}

/** A file that looks packed is judged by what is inside, which the inspection of a disk does not see. */
const isSmallDisk = (file: SparseFile): boolean =>
  file.size <= MAX_CORPUS_BYTES && !isPacked(file.readNow(0, Math.min(SIGNATURE_BYTES, file.size)));

function soundFile({ format, diskBytes, seed }: { format: SoundFormat; diskBytes: number; seed: number }): Buffer {
  const disk = rawDisk(diskBytes);
  noise(diskBytes - 512, seed).copy(disk, 512);
  return WRAPPED[format](disk);
}

function withGpt(disk: Buffer): Buffer {
  const copy = gptDisk(disk.length);
  disk.subarray(65_536 / 2, disk.length - 65_536 / 2).copy(copy, 65_536 / 2);
  return copy;
}

/** Bytes that follow from the seed alone, as fast as a cipher gives them. */
function noise(bytes: number, seed: number): Buffer {
  const key = createHash('sha256').update(String(seed)).digest().subarray(0, 16);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

async function verdict(bytes: Buffer, fileName: string): Promise<FoundImage | ErrorCode> {
  const reader = { size: bytes.length, read: async (at: number, length: number) => bytes.subarray(at, at + length) };
  try {
    return await inspect(reader, { fileName });
  } catch (error) {
    if (error instanceof ImageDropError) return error.code;
    throw error;
  }
}

function expectedAt(
  { kind, route }: Pick<ChaosTarget, 'kind' | 'route'>,
  found: FoundImage | ErrorCode,
  bytes: Buffer,
  asks: PlannedDrop['asks'],
): Expected {
  if (typeof found === 'string') return { outcome: 'failed', code: found };
  if (NOT_TAKEN[kind].includes(found.format)) return { outcome: 'failed', code: 'format-not-taken' };
  if (route === 'fast-import' && found.format !== 'zvhd2') return { outcome: 'failed', code: 'too-large' };
  // Stock OpenStack gets a fixed VHD as the raw disk that it holds, without its footer.
  const isHeldDisk = kind === 'glance' && found.format === 'vhd' && found.subformat === 'fixed';
  if (isHeldDisk && route === 'import') return { outcome: 'failed', code: 'format-not-taken' };
  if (asks === 'hidden' && kind === 'ims') return { outcome: 'failed', code: 'invalid-request' };
  const sent = isHeldDisk ? bytes.subarray(0, -512) : bytes;
  return { outcome: 'active', bytes: sent.length, sha256: createHash('sha256').update(sent).digest('hex') };
}
