import { ImageDropError } from '../model/errors.ts';
import type { ImageFormat, Route } from '../model/image.ts';
import { bitmapKey } from '../model/staging.ts';
import type { ObjectStorage, Target } from '../model/target.ts';

export interface PlannedRoute {
  readonly route: Route;
  /** Why, in one sentence. */
  readonly reason: string;
}

/** What decides how a service that reads from object storage takes a file. */
export interface StorageQuestion {
  readonly target: Target;
  /** Bytes to be read. */
  readonly bytes: number;
  readonly format: ImageFormat;
  /** The key of the dropped object. */
  readonly key: string;
  /** Whether the drop bucket is the staging bucket. */
  readonly isStaging: boolean;
  /** Whether the bitmap file of a raw image lies beside it; see bitmapKey. */
  readonly hasBitmap: boolean;
}

/**
 * The service reads the file from object storage: by the usual way, or above that by fast import.
 * @param why the file goes this way, as the beginning of a sentence
 * @throws `too-large`, `invalid-request`
 */
export function storageRoute(question: StorageQuestion, storage: ObjectStorage, why: string): PlannedRoute {
  const { target, bytes, isStaging } = question;
  if (storage.staging === undefined) throw noStaging(question, why);
  const isFast = bytes > storage.maxRegisterBytes;
  if (isFast) requireFastImport(question, storage);
  if (isStaging) requireLegalKey(question);
  const from = isStaging ? 'where it lies' : `its copy in ${storage.staging.bucket}`;
  const limit = `more than the ${storage.maxRegisterBytes} bytes that can be registered`;
  const how = isFast ? `reads ${from} by fast import, for it is ${limit}` : `reads ${from}`;
  return { route: isFast ? 'fast-import' : 'register', reason: `${why}: ${target.name} ${how}.` };
}

/** "Fast import" takes two formats only (IMG.0158). */
function requireFastImport({ target, bytes, format, key, hasBitmap }: StorageQuestion, storage: ObjectStorage): void {
  const { maxRegisterBytes, maxFastImportBytes } = storage;
  const figures = `The image has ${bytes} bytes, and ${target.name}`;
  if (bytes > maxFastImportBytes) {
    throw new ImageDropError('too-large', `${figures} takes at most ${maxFastImportBytes}, by fast import.`);
  }
  const above = `${figures} takes more than ${maxRegisterBytes} by fast import only`;
  if (format !== 'raw' && format !== 'zvhd2') {
    throw new ImageDropError('too-large', `${above}, which is for raw and zvhd2; this is ${format}.`, {
      nextStep:
        'Make a smaller file of it with `qemu-img convert -c -O qcow2`, or convert it to raw with its bitmap file.',
    });
  }
  if (format === 'raw' && !hasBitmap) {
    throw new ImageDropError('too-large', `${above}, for which a raw image needs its bitmap file ${bitmapKey(key)}.`, {
      nextStep: `Make the bitmap file with the vendor's CreateMF.jar, drop it as ${bitmapKey(key)}, then drop the image again; or drop the image as qcow2.`,
    });
  }
}

/** The service refuses spaces in the names of files and folders (IMG.0175). */
function requireLegalKey({ target, key }: StorageQuestion): void {
  if (!/\s/.test(key)) return;
  const message = `${target.name} reads the file where it lies, and takes no spaces in its key ${JSON.stringify(key)}.`;
  throw new ImageDropError('invalid-request', message, { nextStep: 'Drop the file under a key without spaces.' });
}

function noStaging({ target }: StorageQuestion, why: string): ImageDropError {
  const message = `${why}; ${target.name} reads larger ones from object storage, and no bucket is set for that.`;
  return new ImageDropError('too-large', message, {
    nextStep: `Set targets.${target.name}.staging to a bucket in the region of the service, and object_storage of the cloud in clouds.yaml to its keys; then drop the file again.`,
  });
}
