import { lineOf, wordsOf } from '../clouds/answers.ts';
import type { HttpAnswer } from '../clouds/http.ts';
import { type ErrorCode, ImageDropError } from '../model/errors.ts';
import { type JsonObject, objectsIn } from '../model/json.ts';
import type { ImportRoute } from './endpoint.ts';
import type { ImageApi } from './image-api.ts';

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

/** What a refused import means; Glance tells its refusals apart in words only (glance/api/v2/images.py). */
export function importRefusal(answer: HttpAnswer, error: ImageDropError): ImageDropError {
  const code = codeOf(answer);
  return code === undefined ? error : new ImageDropError(code, error.message, { cause: error.cause });
}

function codeOf({ status, text }: HttpAnswer): ErrorCode | undefined {
  if (status === 404) return 'image-lost';
  if (status !== 400) return undefined;
  const words = wordsOf(text);
  if (/does not pass filtering/i.test(words)) return 'import-refused';
  return /unknown import method|import method/i.test(words) ? 'route-not-offered' : undefined;
}
