import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { HashAlgorithm } from '../model/image.ts';
import { baseName, imageOfChecksum } from '../model/metadata-keys.ts';
import type { RecordedChecksum, RecordedPublisher, UnusableFile } from '../model/record.ts';
import { type ChecksumFile, checksumsIn } from './checksum-file.ts';

/** Strongest first. */
const PREFERENCE: readonly HashAlgorithm[] = ['sha512', 'sha256', 'md5'];

/** Collisions of md5 are cheap (RFC 6151). */
const isWeak = (algorithm: HashAlgorithm): boolean => algorithm === 'md5';

type Expected = Pick<RecordedPublisher, 'checksum' | 'unusable'>;
type Named = Pick<RecordedChecksum, 'algorithm' | 'value' | 'from'>;

/**
 * The strongest checksum that is given for a file: by its metadata, or by the checksum files around it.
 * @param name of the file, without a folder
 * @throws `checksum-conflict` where two places give different ones
 */
export function expectedChecksum(name: string, metadata: string | undefined, files: readonly ChecksumFile[]): Expected {
  const unusable: UnusableFile[] = [];
  const named = [...inMetadata(metadata), ...files.flatMap((file) => inFile(name, file, unusable))];
  requireOneEach(name, named);
  const [first] = PREFERENCE.flatMap((algorithm) => named.find((each) => each.algorithm === algorithm) ?? []);
  return {
    ...(first !== undefined && { checksum: { ...first, ...(isWeak(first.algorithm) && { weak: true as const }) } }),
    ...(unusable.length > 0 && { unusable }),
  };
}

/** The schema of metadata has seen to its form. */
function inMetadata(checksum: string | undefined): readonly Named[] {
  const [algorithm, value] = checksum?.toLowerCase().split(':') ?? [];
  const known = PREFERENCE.find((each) => each === algorithm);
  return known === undefined || value === undefined ? [] : [{ algorithm: known, value, from: 'metadata' }];
}

function inFile(name: string, file: ChecksumFile, unusable: UnusableFile[]): readonly Named[] {
  try {
    const listed = checksumsIn(file).filter((each) => each.name === name);
    // A list of a folder may name other files; a file beside its image should name that one.
    if (listed.length === 0 && imageOfChecksum(file.name) !== undefined) {
      unusable.push({ key: file.name, reason: `${file.name} does not name ${name}.` });
    }
    return listed.map(({ algorithm, value }) => ({ algorithm, value, from: file.name }));
  } catch (thrown) {
    unusable.push({ key: file.name, reason: asImageDropError(thrown).message });
    return [];
  }
}

/** @throws `checksum-conflict` where an algorithm has two values */
function requireOneEach(name: string, named: readonly Named[]): void {
  const firsts = new Map<HashAlgorithm, Named>();
  for (const one of named) {
    const first = firsts.get(one.algorithm) ?? one;
    firsts.set(one.algorithm, first);
    if (first.value === one.value) continue;
    const message = `${first.from} gives the ${one.algorithm} ${first.value} for ${name}, and ${one.from} gives ${one.value}.`;
    throw new ImageDropError('checksum-conflict', message);
  }
}

/** @param actual hex, of the bytes that were read */
export function checksumMismatch(
  name: string,
  { algorithm, value, from }: RecordedChecksum,
  actual: string,
): ImageDropError {
  const place = from === 'metadata' ? 'its metadata' : baseName(from);
  const message = `${name} has the ${algorithm} ${actual}, but ${place} gives ${value}. The file is damaged, or is not the one that was published.`;
  return new ImageDropError('checksum-mismatch', message);
}
