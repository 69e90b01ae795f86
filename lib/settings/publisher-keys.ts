import { readFileSync } from 'node:fs';
import type { Target } from '../../lambda/model/target.ts';
import type { PublisherKeys } from '../../lambda/runtime/environment.ts';
import { SettingError } from './checks.ts';

/** A keyring of a distribution has a few hundred KiB, and the code of a function 250 MB. */
const MAX_KEY_BYTES = 1_048_576;

/**
 * Reads the keys of publishers.
 * @throws SettingError for a file that is not one, and for a target that requires signatures where there are no keys
 */
export function resolvePublisherKeys(
  paths: readonly string[] = [],
  targets: readonly Target[],
): PublisherKeys | undefined {
  if (paths.length > 0) return Object.fromEntries(paths.map((path) => [path, keyIn(path).toString('base64')]));
  const strict = targets.find(({ require }) => require === 'signature');
  if (strict === undefined) return undefined;
  throw new SettingError(`targets.${strict.name}.require`, strict.require, 'name the keys as publisherKeys, too.');
}

function keyIn(path: string): Buffer {
  const bytes = readKey(path);
  const problem = whyNoKey(bytes);
  if (problem !== undefined) throw new SettingError('publisherKeys', path, `${problem}; give a file with public keys.`);
  return bytes;
}

function readKey(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new SettingError('publisherKeys', path, `the file cannot be read (${String(error)}).`);
  }
}

/** By its beginning; the function reads the whole. */
function whyNoKey(bytes: Buffer): string | undefined {
  if (bytes.length > MAX_KEY_BYTES) return `it has ${bytes.length} bytes, and ${MAX_KEY_BYTES} is the most`;
  const text = bytes.toString('latin1');
  if (text.includes('PRIVATE KEY BLOCK') || /^untrusted comment: .*secret key/.test(text) || tagOf(bytes) === 5) {
    return 'it holds a private key';
  }
  if (text.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----') || tagOf(bytes) === 6) return undefined;
  return /^untrusted comment: .*\r?\nRW[\w+/]{54}\s*$/.test(text)
    ? undefined
    : 'it is not a key of OpenPGP or minisign';
}

/** RFC 9580 sections 4.2 and 5: the type of the first packet; 5 is a secret key, 6 a public key. */
function tagOf(bytes: Buffer): number | undefined {
  const [first = 0] = bytes;
  if (first < 0x80) return undefined;
  return first >= 0xc0 ? first & 0x3f : (first >> 2) & 0x0f;
}
