import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { ImageDropError } from '../model/errors.ts';
import type { RecordedManifest } from '../model/record.ts';
import { corruptData } from './refusals.ts';

/**
 * DSP0243 (Open Virtualization Format), "Distribution": `SHA256(disk.vmdk)= 0a1b…`. Other writers put blanks around the
 * brackets, and OpenSSL 3 calls the algorithm SHA2-256.
 */
const LINE = /^(?:SHA|SHA2-)(1|256|512)\s*\((.+)\)\s*=\s*(\S*)\s*$/;
const DIGITS = { sha1: 40, sha256: 64, sha512: 128 } as const;
const STRONGEST_FIRST = ['sha512', 'sha256', 'sha1'] as const;

/** Whether a file with these first bytes is a list of digests. */
export const beginsAsManifest = (head: Buffer): boolean =>
  /^\s*[A-Z][\w/-]*\s*\([^)]+\)\s*=/i.test(head.toString('latin1'));

/** A file of digests in an archive. */
export interface ManifestFile {
  readonly name: string;
  readonly text: string;
}

/**
 * The digest that a manifest states for a file of its archive, the strongest of several.
 * @param file its name in the archive
 * @returns undefined where there is none
 * @throws ImageDropError `corrupt-data` where an entry is not a digest, or two contradict each other
 */
export function digestOf(file: string, manifests: readonly ManifestFile[]): RecordedManifest | undefined {
  const entries = manifests.flatMap(entriesIn).filter(({ about }) => about === posix.normalize(file));
  for (const algorithm of STRONGEST_FIRST) {
    const values = new Set(entries.filter((each) => each.algorithm === algorithm).map(({ value }) => value));
    if (values.size > 1)
      throw corruptData('an archive with a manifest', `it states two digests (${algorithm}) of ${file}`);
  }
  const found = STRONGEST_FIRST.flatMap((algorithm) => entries.find((each) => each.algorithm === algorithm) ?? [])[0];
  if (found === undefined) return undefined;
  const { about: _, ...digest } = found;
  if (digest.value.length === DIGITS[digest.algorithm] && /^[0-9a-f]+$/.test(digest.value)) return digest;
  throw corruptData('an archive with a manifest', `${digest.file} states no ${digest.algorithm} digest of ${file}`);
}

interface Entry extends RecordedManifest {
  /** The file that it is about, as its archive names it. */
  readonly about: string;
}

function entriesIn({ name, text }: ManifestFile): Entry[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, bits, about, value] = LINE.exec(line) ?? [];
    if (bits === undefined || about === undefined || value === undefined) return [];
    const algorithm = `sha${bits}` as RecordedManifest['algorithm'];
    const place = posix.join(posix.dirname(name), about);
    return [{ file: name, algorithm, value: value.toLowerCase(), about: place }];
  });
}

/** @throws ImageDropError `manifest-mismatch` */
export function requireDigest(
  { file, algorithm, value }: RecordedManifest,
  name: string,
  found: string | undefined,
): void {
  if (found === value) return;
  const message = `${name} has the ${algorithm} ${found}, but the manifest ${file} states ${value}. The file was damaged, or its publisher changed the disk and not the manifest.`;
  throw new ImageDropError('manifest-mismatch', message);
}

/** Passes the bytes on, and compares their digest at the end. @throws ImageDropError `manifest-mismatch` */
export async function* withDigest(
  bytes: AsyncIterable<Buffer>,
  manifest: RecordedManifest,
  name: string,
): AsyncGenerator<Buffer> {
  const hash = createHash(manifest.algorithm);
  for await (const piece of bytes) {
    hash.update(piece);
    yield piece;
  }
  requireDigest(manifest, name, hash.digest('hex'));
}
