import { ImageDropError } from '../model/errors.ts';
import type { ByteRange, Route } from '../model/image.ts';
import type { Target } from '../model/target.ts';

/** The import method by which Glance fetches a URL ("Interoperable image import"). */
export const WEB_DOWNLOAD = 'web-download';

export interface RouteQuestion {
  readonly target: Target;
  /** Bytes in the whole object. */
  readonly objectBytes: number;
  /** What of it is to be sent. */
  readonly range: ByteRange;
  /** What the cloud says that it offers; undefined where it does not say. */
  readonly importMethods?: readonly string[];
}

export interface PlannedRoute {
  readonly route: Route;
  /** Why, in one sentence. */
  readonly reason: string;
}

/**
 * The way on which the bytes travel. docs/routes.md explains it and shows the cases.
 * @throws `too-large`, `route-not-offered`, `format-not-taken`
 */
export function planRoute(question: RouteQuestion): PlannedRoute {
  const { target, range } = question;
  if (range.length > target.maxPutBytes) throw tooLargeForEndpoint(question);
  switch (target.route) {
    case 'stream':
      return { route: 'stream', reason: `The route of target ${target.name} is set to stream.` };
    case 'import':
      return imported(question);
    case 'auto':
      return automatic(question);
  }
}

function automatic(question: RouteQuestion): PlannedRoute {
  const { target, range } = question;
  const figures = `${range.length} bytes, and ${target.maxStreamBytes} can be streamed within the time of a function`;
  if (range.length <= target.maxStreamBytes) return { route: 'stream', reason: `The image has ${figures}.` };
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

function imported(question: RouteQuestion): PlannedRoute {
  const { target, importMethods } = question;
  if (!isOffered(question)) {
    const offered = importMethods?.join(', ') || 'none';
    const message = `Target ${target.name} is set to import, but its cloud does not offer ${WEB_DOWNLOAD}; it offers: ${offered}.`;
    throw new ImageDropError('route-not-offered', message);
  }
  if (!isWhole(question)) {
    const message = `Target ${target.name} is set to import, and a fixed VHD cannot go that way: its footer must be left out.`;
    throw new ImageDropError('format-not-taken', message);
  }
  return { route: 'import', reason: `The route of target ${target.name} is set to import.` };
}

const isOffered = ({ importMethods }: RouteQuestion): boolean => importMethods?.includes(WEB_DOWNLOAD) ?? false;

/** A URL stands for the whole object. */
const isWhole = ({ range, objectBytes }: RouteQuestion): boolean => range.length === objectBytes;

function tooLargeForEndpoint({ target, range }: RouteQuestion): ImageDropError {
  const figures = `${range.length} bytes, and ${target.name} takes at most ${target.maxPutBytes} in one upload`;
  return new ImageDropError('too-large', `The image has ${figures}.`);
}
