import { parseQuery } from '../access/request-target.ts';
import { S3Error } from './errors.ts';
import type { Tag } from './version.ts';
import { parseXml } from './xml.ts';

/** S3 user guide, "Categorizing your objects using tags". */
const MAX_TAGS = 10;
const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;
const ALLOWED = /^[\p{L}\p{N}\p{Zs}+\-=._:/@]*$/u;

/** The header x-amz-tagging: `key=value&key=value`, encoded as a query. */
export function tagsOfHeader(header: string | undefined): readonly Tag[] {
  if (header === undefined) return [];
  try {
    return checked(parseQuery(header).map(([key, value]) => ({ key, value })));
  } catch (error) {
    if (error instanceof URIError)
      throw new S3Error('InvalidArgument', { message: 'The header x-amz-tagging is malformed.' });
    throw error;
  }
}

/** The document of PutObjectTagging. */
export function tagsOfDocument(document: string): readonly Tag[] {
  const sets = parseXml(document, 'Tagging').all('TagSet');
  const tags = sets.flatMap((set) => set.all('Tag'));
  return checked(tags.map((tag) => ({ key: tag.requiredTextOf('Key'), value: tag.requiredTextOf('Value') })));
}

function checked(tags: readonly Tag[]): readonly Tag[] {
  if (tags.length > MAX_TAGS) {
    throw new S3Error('BadRequest', { message: `Object tags cannot be greater than ${MAX_TAGS}` });
  }
  for (const { key, value } of tags) {
    if (key === '' || key.length > MAX_KEY_LENGTH || !ALLOWED.test(key)) throw invalid('TagKey', key);
    if (value.length > MAX_VALUE_LENGTH || !ALLOWED.test(value)) throw invalid('TagValue', value);
  }
  if (new Set(tags.map(({ key }) => key)).size < tags.length) {
    throw new S3Error('InvalidTag', { message: 'Cannot provide multiple Tags with the same key' });
  }
  return tags;
}

function invalid(part: 'TagKey' | 'TagValue', text: string): S3Error {
  return new S3Error('InvalidTag', { message: `The ${part} you have provided is invalid`, elements: { [part]: text } });
}
