/** The checksum that counts for a file, and the signature of the checksum file that gives it, by a key of the settings. */
import { asImageDropError, ImageDropError, messageOf } from '../model/errors.ts';
import { signedKey } from '../model/metadata-keys.ts';
import { excerpt } from '../model/quoted.ts';
import type { RecordedPublisher, RecordedSignature, UnusableFile } from '../model/record.ts';
import { type ChecksumFile, isClearsigned, isList } from './checksum-file.ts';
import { expectedChecksum } from './expected-checksum.ts';
import { isMinisign, minisignKey, minisignVerdict } from './minisign.ts';
import { type OpenPgp, openPgp } from './openpgp.ts';
import type { KeyFile, Verdict, VerifySignature } from './verdict.ts';

/** @param now the time at which signatures have to be valid */
export function signatureVerifier(files: readonly KeyFile[], now: () => Date): VerifySignature {
  const ofMinisign = files.filter(({ bytes }) => isMinisign(bytes));
  const ofOpenPgp = files.filter(({ bytes }) => !isMinisign(bytes));
  let library: Promise<OpenPgp> | undefined;
  return async (signature, signed) => {
    if (signed !== undefined && isMinisign(signature)) {
      return { verdicts: [minisignVerdict(signature, signed, ofMinisign.map(minisignKey))] };
    }
    library ??= openPgp(ofOpenPgp, now);
    const { detached, clearsigned } = await library;
    return signed === undefined ? clearsigned(signature) : { verdicts: await detached(signature, signed) };
  };
}

/** They are part of the outcome. SNS accepts messages of up to 256 KiB. */
const MAX_UNUSABLE = 20;

type Found = Pick<RecordedPublisher, 'checksum' | 'signature' | 'unusable'>;

/**
 * What the publisher says of a file. A signed checksum takes precedence over a stronger one that is not signed; md5 does
 * not count as signed.
 * @param name of the file, without a folder
 * @param metadata its checksum there
 * @param files checksum files around it, and their signatures
 * @param verify undefined where the settings have no keys
 * @throws `checksum-conflict`, `signature-invalid`
 */
export async function checksumAndSignature(
  name: string,
  metadata: string | undefined,
  files: readonly ChecksumFile[],
  verify?: VerifySignature,
): Promise<Found> {
  const { unusable = [], ...unsigned } = expectedChecksum(name, metadata, files.filter(isList));
  const looks = verify && (await Promise.all(signaturesIn(name, files).map((each) => lookAt(each, verify))));
  const lists = looks?.flatMap(({ list }) => list ?? []) ?? [];
  const { checksum } = expectedChecksum(name, undefined, lists);
  const signature = lists.find((list) => list.name === checksum?.from)?.signature;
  const all = [...unusable, ...(looks?.flatMap((look) => look.unusable) ?? [])];
  if (checksum?.weak)
    all.push({ key: checksum.from, reason: `${checksum.from} is signed, and gives only an md5 of ${name}.` });
  return {
    ...(checksum === undefined || signature === undefined || checksum.weak ? unsigned : { checksum, signature }),
    ...(all.length > 0 && { unusable: all.slice(0, MAX_UNUSABLE) }),
  };
}

interface SignatureFile {
  readonly file: ChecksumFile;
  /** What it is a detached signature of; undefined: the file is clearsigned. */
  readonly list?: ChecksumFile;
}

/** Signatures of the lists that name a file. Those of other lists say nothing of it. */
function signaturesIn(name: string, files: readonly ChecksumFile[]): readonly SignatureFile[] {
  const names = (list: ChecksumFile) => expectedChecksum(name, undefined, [list]).checksum !== undefined;
  return files.flatMap((file) => {
    if (isClearsigned(file.bytes)) return names(file) ? [{ file }] : [];
    const signed = signedKey(file.name);
    if (signed === undefined) return [];
    const list = files.find((each) => each.name === signed);
    if (list === undefined) return file.unread === undefined ? [] : [{ file }];
    return names(list) ? [{ file, list }] : [];
  });
}

interface Look {
  /** Present where a signature is valid; only what it covers is in it. */
  readonly list?: ChecksumFile & { readonly signature: RecordedSignature };
  readonly unusable: readonly UnusableFile[];
}

/** @throws `signature-invalid` where a key of the settings has signed something else */
async function lookAt({ file, list }: SignatureFile, verify: VerifySignature): Promise<Look> {
  const unusable = (reason: string): Look => ({ unusable: [{ key: file.name, reason }] });
  if (file.bytes === undefined) return unusable(file.unread ?? `${file.name} is too large: ${file.size} bytes.`);
  const found = await verify(file.bytes, list?.bytes).catch(readable);
  if (typeof found === 'string') return unusable(`${file.name} is not a signature that can be read: ${found}`);
  const { verdicts, text = '' } = found;
  const doubts = verdicts.flatMap((each) => (each.outcome === 'valid' ? [] : doubt(file.name, each)));
  const [valid] = verdicts.flatMap((each) => (each.outcome === 'valid' ? [each] : []));
  if (valid === undefined)
    return doubts.length === 0 ? unusable(`${file.name} has no signature.`) : { unusable: doubts };
  const signature = { key: valid.key, by: valid.by, file: file.name };
  return { list: { ...(list ?? textOnly(file, text)), signature }, unusable: [] };
}

function textOnly({ name }: ChecksumFile, text: string): ChecksumFile {
  const bytes = Buffer.from(text);
  return { name, size: bytes.length, bytes };
}

/** A key that cannot be read is a fault of the settings. Anything else is one of the file. */
function readable(thrown: unknown): string {
  if (asImageDropError(thrown).code === 'bad-setting') throw thrown;
  return excerpt(messageOf(thrown));
}

/** @throws `signature-invalid` */
function doubt(
  file: string,
  { outcome: code, key, reason: why }: Exclude<Verdict, { outcome: 'valid' }>,
): UnusableFile[] {
  const reason = `${file} is signed by the key ${key}, and does not count: ${why}`;
  if (code === 'signature-invalid') throw new ImageDropError(code, reason);
  return [{ key: file, reason, code }];
}
