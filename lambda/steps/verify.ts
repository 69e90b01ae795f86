import { ImageDropError } from '../model/errors.ts';
import type { HashAlgorithm, Image } from '../model/image.ts';
import type { DropRecord, Verification } from '../model/record.ts';

/** Strongest first: one that agrees settles it. */
const PREFERENCE: readonly HashAlgorithm[] = ['sha512', 'sha256', 'md5'];

/**
 * Compares what the endpoint says it holds with what was read from the bucket. Every figure that both sides know must
 * agree; where no hash can be compared, the outcome is `unverified`, never a guess.
 */
export function verify(
  record: DropRecord,
  image: Image,
): { verification: Verification; mismatch?: undefined } | { verification?: undefined; mismatch: ImageDropError } {
  const sentBytes = record.plan?.range.length;
  if (image.size !== undefined && image.size !== sentBytes) {
    const message = `The endpoint holds ${image.size} bytes of image ${image.id}, but ${sentBytes} were sent.`;
    return { mismatch: new ImageDropError('size-mismatch', message) };
  }
  const comparable = PREFERENCE.filter((algorithm) => image.hashes[algorithm] && record.hashes?.[algorithm]);
  const differing = comparable.find((algorithm) => image.hashes[algorithm] !== record.hashes?.[algorithm]);
  if (differing !== undefined) {
    const message = `The endpoint reports ${differing} ${image.hashes[differing]} for image ${image.id}, but what was read has ${record.hashes?.[differing]}.`;
    return { mismatch: new ImageDropError('hash-mismatch', message) };
  }
  const [algorithm] = comparable;
  return {
    verification: {
      outcome: algorithm === undefined || image.size === undefined ? 'unverified' : 'verified',
      ...(algorithm !== undefined && { algorithm }),
      reported: image.hashes,
      ...(image.size !== undefined && { size: image.size }),
    },
  };
}
