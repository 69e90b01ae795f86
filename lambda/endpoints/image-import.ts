import type { ImportRoute } from './endpoint.ts';
import type { ImageApi } from './image-api.ts';
import { type JsonObject, objectsIn } from './json.ts';
import { lineOf } from './words.ts';

/** Interoperable image import (Image API v2, "Import an image", "Show tasks associated with image"). */
export function imageImport(images: ImageApi): ImportRoute {
  return {
    begin: (id, url) => images.importFrom(id, url),
    failure: async (id) => failureIn(await images.document(`/images/${encodeURIComponent(id)}/tasks`)),
  };
}

/** The words of the newest import, when that has failed. */
function failureIn(document: JsonObject | undefined): string | undefined {
  const imports = objectsIn(document?.tasks).filter(({ type }) => type === 'api_image_import');
  const newest = imports.toSorted((one, other) => (createdAt(one) < createdAt(other) ? -1 : 1)).at(-1);
  if (newest?.status !== 'failure') return undefined;
  return lineOf(String(newest.message ?? '')) || 'the service gives no reason';
}

const createdAt = (task: JsonObject): string => String(task.created_at ?? '');
