import { HASH_ALGORITHMS, type Hashes, ID_PROPERTY, type Image, type ImageStatus } from '../model/image.ts';
import type { JsonObject } from '../model/json.ts';

/** Images in these states are gone for everyone but an administrator. */
const GONE: readonly string[] = ['deleted', 'pending_delete'] satisfies ImageStatus[];

const STATUSES: readonly string[] = [
  'queued',
  'saving',
  'uploading',
  'importing',
  'active',
  'deactivated',
  'killed',
  'deleted',
  'pending_delete',
] satisfies ImageStatus[];

/** Reads an image of the Image API v2 ("Show image"). @returns undefined when the document describes none */
export function imageFrom(document: JsonObject, size: number | undefined): Image | undefined {
  const { id, status, name, disk_format: diskFormat } = document;
  if (typeof id !== 'string' || !isStatus(status)) return undefined;
  return {
    id,
    name: typeof name === 'string' ? name : '',
    status,
    diskFormat: typeof diskFormat === 'string' ? diskFormat : '',
    ...(size !== undefined && { size }),
    hashes: hashesIn(document),
    ...(document.os_hidden === true && { osHidden: true }),
    ...(document.protected === true && { protected: true }),
    properties: { ...markIn(document), ...Object.fromEntries(Object.entries(document).filter(isText)) },
  };
}

/** A fast import of IMS takes tags only, so that our mark is one of them (ims-register.ts). */
function markIn({ tags }: JsonObject): Readonly<Record<string, string>> {
  const prefix = `${ID_PROPERTY}=`;
  const mark = Array.isArray(tags) ? tags.find((tag) => String(tag).startsWith(prefix)) : undefined;
  return mark === undefined ? {} : { [ID_PROPERTY]: String(mark).slice(prefix.length) };
}

export function isGone(image: Image): boolean {
  return GONE.includes(image.status);
}

function isStatus(value: unknown): value is ImageStatus {
  return typeof value === 'string' && STATUSES.includes(value);
}

function isText(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string';
}

/** `checksum` is the md5; `os_hash_value` is of the algorithm that the operator has chosen. Both are null until active. */
function hashesIn(document: JsonObject): Hashes {
  const { checksum, os_hash_algo: algorithm, os_hash_value: value } = document;
  const known = HASH_ALGORITHMS.find((one) => one === algorithm);
  return {
    ...(isDigest(checksum) && { md5: checksum.toLowerCase() }),
    ...(known !== undefined && isDigest(value) && { [known]: value.toLowerCase() }),
  };
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{32,}$/i.test(value);
}
