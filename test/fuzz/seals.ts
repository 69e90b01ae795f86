import { crc32cWithout } from '../../lambda/formats/reading/crc32c.ts';
import { onesComplementSum } from '../../lambda/formats/vhd/footer.ts';
import type { SparseFile } from '../support/images/sparse-file.ts';

interface Seal {
  readonly mark: string;
  /** Where the structure begins, counted from the end where negative. */
  readonly offset: number;
  readonly length: number;
  /** Where the checksum stands in it. */
  readonly checksum: number;
  readonly sealed: (bytes: Buffer, checksum: number) => void;
}

const sumBe = (bytes: Buffer, at: number): void => void bytes.writeUInt32BE(onesComplementSum(bytes, at), at);
const sumLe = (bytes: Buffer, at: number): void => void bytes.writeUInt32LE(onesComplementSum(bytes, at), at);
const crc = (bytes: Buffer, at: number): void => void bytes.writeUInt32LE(crc32cWithout(bytes, at), at);

const SEALS: readonly Seal[] = [
  { mark: 'conectix', offset: -512, length: 512, checksum: 64, sealed: sumBe },
  { mark: 'cxsparse', offset: 512, length: 1024, checksum: 36, sealed: sumBe },
  { mark: 'stream\0\0', offset: 0, length: 512, checksum: 64, sealed: sumLe },
  { mark: 'z2strm\0\0', offset: 0, length: 512, checksum: 64, sealed: sumLe },
  { mark: 'z2strm\0\0', offset: -4096, length: 512, checksum: 64, sealed: sumLe },
  { mark: 'head', offset: 0x10000, length: 4096, checksum: 4, sealed: crc },
  { mark: 'head', offset: 0x20000, length: 4096, checksum: 4, sealed: crc },
  { mark: 'regi', offset: 0x30000, length: 65536, checksum: 4, sealed: crc },
  { mark: 'regi', offset: 0x40000, length: 65536, checksum: 4, sealed: crc },
];

/** Copies that must be alike: of a dynamic VHD's footer, and of ZVHD's header. */
const COPIES = [
  { mark: 'conectix', from: -512, to: 0 },
  { mark: 'stream\0\0', from: 0, to: -4096 },
];

/** The file with right checksums and copies, so that damage behind them is looked at, too. */
export function sealed(file: SparseFile): SparseFile {
  return COPIES.reduce(copied, SEALS.reduce(withSeal, file));
}

function withSeal(file: SparseFile, { mark, offset, length, checksum, sealed: seal }: Seal): SparseFile {
  const start = offset < 0 ? file.size + offset : offset;
  if (!has(file, start, mark) || start + length > file.size) return file;
  const bytes = file.readNow(start, length);
  seal(bytes, checksum);
  return file.patched(start + checksum, bytes.subarray(checksum, checksum + 4));
}

function copied(file: SparseFile, { mark, from, to }: (typeof COPIES)[number]): SparseFile {
  const [source, target] = [from, to].map((offset) => (offset < 0 ? file.size + offset : offset)) as [number, number];
  const isPair = file.size >= 1024 && has(file, source, mark) && has(file, target, mark);
  return isPair ? file.patched(target, file.readNow(source, 512)) : file;
}

function has(file: SparseFile, offset: number, mark: string): boolean {
  if (offset < 0 || offset + mark.length > file.size) return false;
  return file.readNow(offset, mark.length).toString('latin1') === mark;
}
