import { percentEncodePath } from '../access/request-target.ts';
import { S3Error } from './errors.ts';
import type { S3Request } from './request.ts';
import type { SortedKeys } from './sorted-keys.ts';
import { compareKeys } from './sorted-keys.ts';

/** S3 gives no longer pages, whatever is asked. */
const MAX_ITEMS = 1000;

/** What every kind of listing can be asked. */
export interface ListingQuery {
  readonly prefix: string;
  /** Empty for none. */
  readonly delimiter: string;
  /** Go on behind this key or common prefix. */
  readonly after: string;
  /** Begin with the items of the key `after` itself: a page may end between two versions of a key. */
  readonly inclusive?: boolean;
  readonly maxItems: number;
}

export interface ListingPage<T> {
  readonly items: readonly T[];
  readonly commonPrefixes: readonly string[];
  readonly truncated: boolean;
  /** The last thing on the page. */
  readonly last: ListingEntry<T> | undefined;
}

/** An item, or the common prefix that stands for all keys behind it. */
export interface ListingEntry<T> {
  readonly name: string;
  readonly item?: T;
}

/** @param itemsOf what there is to list under a key; may be nothing */
export function listPage<T>(
  keys: SortedKeys,
  itemsOf: (key: string) => readonly T[],
  query: ListingQuery,
): ListingPage<T> {
  const page: ListingEntry<T>[] = [];
  let truncated = false;
  for (const entry of entries(keys, itemsOf, query)) {
    truncated = page.length === query.maxItems;
    if (truncated) break;
    page.push(entry);
  }
  return {
    items: page.flatMap(({ item }) => (item === undefined ? [] : [item])),
    commonPrefixes: page.filter(({ item }) => item === undefined).map(({ name }) => name),
    truncated: truncated && query.maxItems > 0,
    last: page.at(-1),
  };
}

/** Jumps over the keys behind a common prefix, so that a page costs what it shows. */
function* entries<T>(
  keys: SortedKeys,
  itemsOf: (key: string) => readonly T[],
  query: ListingQuery,
): Generator<ListingEntry<T>> {
  const { prefix, after } = query;
  let index = startIndex(keys, query);
  for (let key = keys.at(index); key?.startsWith(prefix); key = keys.at(index)) {
    const group = commonPrefix(key, query);
    if (group === undefined) {
      for (const item of itemsOf(key)) yield { name: key, item };
      index++;
    } else if (group !== after && itemsOf(key).length === 0) {
      index++;
    } else {
      if (group !== after) yield { name: group };
      index = keys.firstBehind(group);
    }
  }
}

function startIndex(keys: SortedKeys, { prefix, after, inclusive = false }: ListingQuery): number {
  if (compareKeys(after, prefix) < 0) return keys.firstNotBefore(prefix);
  const index = keys.firstNotBefore(after);
  return keys.at(index) === after && after !== '' && !inclusive ? index + 1 : index;
}

function commonPrefix(key: string, { prefix, delimiter }: ListingQuery): string | undefined {
  if (delimiter === '') return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** What the kinds of listing have in common in their queries. */
export function readListingQuery(request: S3Request, maxItemsParameter: string) {
  const asked = request.integer(maxItemsParameter, { lowest: 0, highest: 2 ** 31 - 1 });
  return {
    prefix: request.parameter('prefix') ?? '',
    delimiter: request.parameter('delimiter') ?? '',
    maxItems: Math.min(asked ?? MAX_ITEMS, MAX_ITEMS),
  };
}

/** What a page goes on behind; opaque to clients, as S3's is. */
export function encodeToken(name: string): string {
  return Buffer.from(name).toString('base64url');
}

/** @throws InvalidArgument */
export function decodeToken(token: string): string {
  const name = Buffer.from(token, 'base64url').toString();
  if (name !== '' && encodeToken(name) === token) return name;
  throw new S3Error('InvalidArgument', { message: 'The continuation token provided is incorrect' });
}

/**
 * How keys are written in the answer: XML 1.0 cannot hold every character, so a client may ask for url encoding.
 * @throws InvalidArgument
 */
export function keyEncoding(request: S3Request): (key: string) => string {
  const type = request.parameter('encoding-type');
  if (type === undefined) return (key) => key;
  if (type === 'url') return urlEncode;
  throw new S3Error('InvalidArgument', { message: 'Invalid Encoding Method specified in Request' });
}

/** As in forms, with the slashes left: what S3 does. */
function urlEncode(key: string): string {
  return percentEncodePath(key).replaceAll('%20', '+');
}
