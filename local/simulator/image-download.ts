import { createReadStream } from 'node:fs';
import { callerOf, visibleImage } from './callers.ts';
import type { ImageContext } from './flavour.ts';
import { type Answer, type Call, Fault } from './http.ts';

/** Large enough that a file is read at the speed of the disk, small enough for many at once. */
const READ_BYTES = 1024 ** 2;

/** GET /v2/images/{id}/file: 204 until the image has data. Ranges are not served: the answer is the whole file. */
export function downloadFile(context: ImageContext, call: Call): Answer {
  const image = visibleImage(context, call);
  if (image.status === 'deactivated' && !callerOf(context, call).isAdmin) {
    throw new Fault(403, 'The requested image has been deactivated. Image data download is forbidden.');
  }
  if (image.status !== 'active' && image.status !== 'deactivated') return { status: 204 };
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': String(image.size),
    ...(image.checksum === null ? {} : { 'content-md5': image.checksum }),
  };
  return {
    status: 200,
    headers,
    body: createReadStream(context.store.dataPath(image.id), { highWaterMark: READ_BYTES }),
  };
}
