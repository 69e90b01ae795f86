import { type ErrorCode, ImageDropError } from '../model/errors.ts';
import type { HttpAnswer } from './endpoint.ts';
import { wordsOf } from './words.ts';

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
