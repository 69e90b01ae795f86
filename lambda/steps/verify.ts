import { ImageDropError } from '../model/errors.ts';
import type { HashAlgorithm, Image } from '../model/image.ts';
import type { DropRecord, Verification } from '../model/record.ts';

/** Strongest first: one that agrees settles it. */
const PREFERENCE: readonly HashAlgorithm[] = ['sha512', 'sha256', 'md5'];

/** Exactly one of these. */
export type Verdict =
  | { readonly verification: Verification; readonly mismatch?: undefined; readonly unread?: undefined }
  | { readonly verification?: undefined; readonly mismatch: ImageDropError; readonly unread?: undefined }
  /** The hash for which the object must be read again before anything can be compared. */
  | { readonly verification?: undefined; readonly mismatch?: undefined; readonly unread: HashAlgorithm };

/**
 * Compares what the endpoint says it holds with what was read from the bucket. Every figure that both sides know must
 * agree; where no hash can be compared, the outcome is `unverified`, never a guess.
 */
export function verify(record: DropRecord, image: Image): Verdict {
  const converted = conversion(record, image);
  if (converted !== undefined) return { verification: unverified(image, converted) };
  const sentBytes = record.plan?.range.length;
  if (image.size !== undefined && image.size !== sentBytes) {
    const message = `The endpoint holds ${image.size} bytes of image ${image.id}, but ${sentBytes} were sent.`;
    return { mismatch: new ImageDropError('size-mismatch', message) };
  }
  if (record.unread !== undefined) return { verification: unverified(image, record.unread) };
  return compareHashes(record, image);
}

/** The hashes that the endpoint reports of an image and that can be computed here, strongest first. */
export function comparableIn(image: Image): readonly HashAlgorithm[] {
  return PREFERENCE.filter((algorithm) => image.hashes[algorithm] !== undefined);
}

function compareHashes(record: DropRecord, image: Image): Verdict {
  const reported = comparableIn(image);
  const comparable = reported.filter((algorithm) => record.hashes?.[algorithm] !== undefined);
  const differing = comparable.find((algorithm) => image.hashes[algorithm] !== record.hashes?.[algorithm]);
  if (differing !== undefined) {
    const message = `The endpoint reports ${differing} ${image.hashes[differing]} for image ${image.id}, but what was read has ${record.hashes?.[differing]}.`;
    return { mismatch: new ImageDropError('hash-mismatch', message) };
  }
  const [algorithm] = comparable;
  if (algorithm === undefined) {
    const [unread] = reported;
    return unread === undefined ? { verification: unverified(image) } : { unread };
  }
  const outcome = image.size === undefined ? 'unverified' : 'verified';
  return { verification: { outcome, algorithm, ...reportedBy(image) } };
}

/** A service that imports may convert on the way in (Glance's image_conversion plugin): other bytes, legitimately. */
function conversion({ import: imported, sent }: DropRecord, image: Image): string | undefined {
  if (imported === undefined || sent === undefined || image.diskFormat === sent.diskFormat) return undefined;
  return `The service has converted the image from ${sent.diskFormat} to ${image.diskFormat} while importing it.`;
}

function unverified(image: Image, reason?: string): Verification {
  return { outcome: 'unverified', ...(reason !== undefined && { reason }), ...reportedBy(image) };
}

function reportedBy(image: Image): Pick<Verification, 'reported' | 'size'> {
  return { reported: image.hashes, ...(image.size !== undefined && { size: image.size }) };
}
