import { ImageDropError } from '../model/errors.ts';
import type { ByteRange, ImageFormat, MeasuredUpload, Route } from '../model/image.ts';
import { bitmapKey } from '../model/staging.ts';
import type { ObjectStorage, Target } from '../model/target.ts';

/** The import method by which Glance fetches a URL ("Interoperable image import"). */
export const WEB_DOWNLOAD = 'web-download';

export interface RouteQuestion {
  readonly target: Target;
  /** Bytes in the whole object. */
  readonly objectBytes: number;
  /** The part of it that is sent. */
  readonly range: ByteRange;
  /** What the cloud says that it offers; undefined where it does not say. */
  readonly importMethods?: readonly string[];
  /** Why it does not say, where it may say so later. */
  readonly importFault?: ImageDropError;
  /** The result of the last upload. */
  readonly measured?: MeasuredUpload;
  /** Of an endpoint that reads from object storage. */
  readonly storage?: Omit<StorageQuestion, 'target' | 'bytes'>;
}

/**
 * The way on which the bytes travel. docs/routes.md explains it and shows the cases.
 * @throws `too-large`, `route-not-offered`, `format-not-taken`, `invalid-request`
 */
export function planRoute(question: RouteQuestion): PlannedRoute {
  const { target } = question;
  const bySetting = `The route of target ${target.name} is set to ${target.route}`;
  switch (target.route) {
    case 'stream':
      requirePut(question);
      return { route: 'stream', reason: `${bySetting}.` };
    case 'import':
      requirePut(question);
      return imported(question, bySetting);
    case 'register':
      return fromStorage(question, bySetting) ?? notOffered(question, bySetting);
    case 'auto':
      return automatic(question);
  }
}

function automatic(question: RouteQuestion): PlannedRoute {
  const { target, range } = question;
  if (range.length > target.maxPutBytes) {
    const stored = fromStorage(question, `The image has ${inOneUpload(question)}`);
    if (stored !== undefined) return stored;
    requirePut(question);
  }
  const { bytes, figures } = streamable(question);
  if (range.length <= bytes) return { route: 'stream', reason: `The image has ${figures}.` };
  return fromStorage(question, `The image has ${figures}`) ?? fetched(question, figures);
}

/** What can be streamed, by the setting of the target, or by what was measured where that is less. */
function streamable({ target, range, measured }: RouteQuestion): { readonly bytes: number; readonly figures: string } {
  const bySetting = target.maxStreamBytes;
  const byRate = measured === undefined ? bySetting : Math.floor(measured.bytesPerSecond * measured.seconds);
  if (measured === undefined || byRate >= bySetting) {
    return {
      bytes: bySetting,
      figures: `${range.length} bytes, and ${bySetting} can be streamed within the time of a function`,
    };
  }
  const rate = `at the ${Math.round(measured.bytesPerSecond)} bytes per second of the upload before`;
  const figures = `${range.length} bytes, and ${byRate} can be streamed within ${Math.round(measured.seconds)} s ${rate}`;
  return { bytes: byRate, figures };
}

/** More than can be streamed. */
function fetched(question: RouteQuestion, figures: string): PlannedRoute {
  const { target, importFault } = question;
  if (importFault !== undefined) throw importFault;
  if (isOffered(question) && isWhole(question)) {
    return { route: 'import', reason: `The image has ${figures}: ${target.name} fetches it itself.` };
  }
  const obstacle = isOffered(question)
    ? 'a fixed VHD loses its footer on the way, which only streaming can do'
    : `${target.name} offers no import of URLs (${WEB_DOWNLOAD})`;
  throw new ImageDropError('too-large', `The image has ${figures}; ${obstacle}.`, {
    nextStep: isOffered(question)
      ? 'Convert the file with `qemu-img convert -O qcow2 FILE NEW.qcow2` and drop the new one.'
      : `Raise maxStreamBytes of the target if its link is faster than that, or have the cloud enable ${WEB_DOWNLOAD}.`,
  });
}

function imported(question: RouteQuestion, bySetting: string): PlannedRoute {
  const { target, importMethods } = question;
  // A service that does not say is asked for the import itself, and refuses it where it has none.
  if (importMethods !== undefined && !isOffered(question)) {
    const offered = importMethods.join(', ') || 'none';
    const message = `Target ${target.name} is set to import, but its cloud does not offer ${WEB_DOWNLOAD}; it offers: ${offered}.`;
    throw new ImageDropError('route-not-offered', message);
  }
  if (!isWhole(question)) {
    const message = `Target ${target.name} is set to import, and a fixed VHD cannot go that way: its footer must be left out.`;
    throw new ImageDropError('format-not-taken', message);
  }
  return { route: 'import', reason: `${bySetting}.` };
}

/** @returns undefined where the endpoint reads nothing from object storage */
function fromStorage({ target, range, storage }: RouteQuestion, why: string): PlannedRoute | undefined {
  if (target.objectStorage === undefined || storage === undefined) return undefined;
  return storageRoute({ target, bytes: range.length, ...storage }, target.objectStorage, why);
}

function notOffered({ target }: RouteQuestion, bySetting: string): never {
  const message = `${bySetting}, and an image service of kind ${target.kind} reads nothing from object storage.`;
  throw new ImageDropError('route-not-offered', message);
}

const isOffered = ({ importMethods }: RouteQuestion): boolean => importMethods?.includes(WEB_DOWNLOAD) ?? false;

/** A URL stands for the whole object. */
const isWhole = ({ range, objectBytes }: RouteQuestion): boolean => range.length === objectBytes;

function requirePut(question: RouteQuestion): void {
  const { target, range } = question;
  if (range.length <= target.maxPutBytes) return;
  throw new ImageDropError('too-large', `The image has ${inOneUpload(question)}.`);
}

function inOneUpload({ target, range }: RouteQuestion): string {
  return `${range.length} bytes, and ${target.name} takes at most ${target.maxPutBytes} in one upload`;
}

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
  /** Whether the bitmap file of a raw image is beside it; see bitmapKey. */
  readonly hasBitmap: boolean;
}

/**
 * The service reads the file from object storage: by the usual way, or above that by fast import.
 * @param why the file goes this way, as the beginning of a sentence
 * @throws `too-large`, `invalid-request`
 */
function storageRoute(question: StorageQuestion, storage: ObjectStorage, why: string): PlannedRoute {
  const { target, bytes, isStaging } = question;
  if (storage.staging === undefined) throw noStaging(question, why);
  const isFast = bytes > storage.maxRegisterBytes;
  if (isFast) requireFastImport(question, storage);
  if (isStaging) requireLegalKey(question);
  const from = isStaging ? 'the dropped object' : `its copy in ${storage.staging.bucket}`;
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
  const message = `${target.name} reads the dropped object, and takes no spaces in its key ${JSON.stringify(key)}.`;
  throw new ImageDropError('invalid-request', message, { nextStep: 'Drop the file under a key without spaces.' });
}

function noStaging({ target }: StorageQuestion, why: string): ImageDropError {
  const message = `${why}; ${target.name} reads larger ones from object storage, and no bucket is set for that.`;
  return new ImageDropError('too-large', message, {
    nextStep: `Set targets.${target.name}.staging to a bucket in the region of the service, and object_storage of the cloud in clouds.yaml to its keys; then drop the file again.`,
  });
}
