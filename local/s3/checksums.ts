import { createHash } from 'node:crypto';
import { type Checksum, Crc32, Crc32c, Crc64Nvme, combineCrcs } from './crc.ts';
import { S3Error } from './errors.ts';

export const CHECKSUM_ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

/** FULL_OBJECT: of all bytes. COMPOSITE: of the checksums of the parts, with their number behind it. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

/** A checksum as S3 stores and shows it. */
export interface StoredChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  /** Base64; a composite one ends in `-<parts>`. */
  readonly value: string;
}

const IMPLEMENTATIONS: Readonly<Record<ChecksumAlgorithm, () => Checksum>> = {
  CRC32: () => new Crc32(),
  CRC32C: () => new Crc32c(),
  CRC64NVME: () => new Crc64Nvme(),
  SHA1: () => createHash('sha1'),
  SHA256: () => createHash('sha256'),
};

export function createChecksum(algorithm: ChecksumAlgorithm): Checksum {
  return IMPLEMENTATIONS[algorithm]();
}

/** `x-amz-checksum-crc32` and so on. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** `ChecksumCRC32` and so on. */
export function checksumElement(algorithm: ChecksumAlgorithm): string {
  return `Checksum${algorithm}`;
}

/** @throws InvalidRequest */
export function checksumAlgorithm(name: string): ChecksumAlgorithm {
  const algorithm = CHECKSUM_ALGORITHMS.find((it) => it === name.toUpperCase());
  if (algorithm === undefined) {
    throw new S3Error('InvalidRequest', { message: `There is no checksum algorithm "${name}".` });
  }
  return algorithm;
}

/** How the checksum of an object is computed. */
export type ChecksumKind = Pick<StoredChecksum, 'algorithm' | 'type'>;

/**
 * Which type an algorithm can have, and what is the default (S3 user guide, "Checking object integrity").
 * @throws InvalidRequest
 */
export function checksumKind(algorithm: ChecksumAlgorithm, asked: string | undefined): ChecksumKind {
  const type = asked ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  if (type === 'FULL_OBJECT' && !algorithm.startsWith('SHA')) return { algorithm, type };
  if (type === 'COMPOSITE' && algorithm !== 'CRC64NVME') return { algorithm, type };
  throw new S3Error('InvalidRequest', {
    message: `The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`,
  });
}

/** Headers that show a checksum. */
export function checksumHeaders(checksum: StoredChecksum | undefined): Record<string, string> {
  if (checksum === undefined) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

/** Elements that show a checksum. */
export function checksumElements(checksum: StoredChecksum | undefined): Record<string, string> {
  if (checksum === undefined) return {};
  return { [checksumElement(checksum.algorithm)]: checksum.value, ChecksumType: checksum.type };
}

/** The checksum of an object from those of its parts (S3 user guide, "Checking object integrity", multipart uploads). */
export function checksumOfParts(
  { algorithm, type }: ChecksumKind,
  parts: readonly { readonly checksum: string; readonly sizeBytes: number }[],
): StoredChecksum {
  const values = parts.map(({ checksum, sizeBytes }) => ({ value: Buffer.from(checksum, 'base64'), sizeBytes }));
  if (type === 'FULL_OBJECT' && algorithm !== 'SHA1' && algorithm !== 'SHA256') {
    return { algorithm, type, value: combineCrcs(algorithm, values).toString('base64') };
  }
  const composite = createChecksum(algorithm);
  for (const { value } of values) composite.update(value);
  return { algorithm, type, value: `${composite.digest().toString('base64')}-${parts.length}` };
}
