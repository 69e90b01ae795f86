/** The request target of HTTP (RFC 9112 section 3.2.1), decoded once and otherwise untouched. */
export interface RequestTarget {
  /** Nothing in it is normalised: `//` and `..` stay. */
  readonly path: string;
  readonly query: readonly QueryParameter[];
}

export type QueryParameter = readonly [name: string, value: string];

/**
 * Not by `new URL`, which resolves `..` and would change the key of an object.
 * @param target as on the request line; bytes above 127 as Node hands them over, one character each
 * @throws URIError when an escape is malformed or the bytes are not UTF-8
 */
export function parseTarget(target: string): RequestTarget {
  const mark = target.indexOf('?');
  if (mark < 0) return { path: percentDecode(target), query: [] };
  return { path: percentDecode(target.slice(0, mark)), query: parseQuery(target.slice(mark + 1)) };
}

/** A plus means a space, as in forms; a literal plus is written %2B. */
export function parseQuery(query: string): QueryParameter[] {
  const fields = query.split('&').filter((field) => field !== '');
  return fields.map((field) => {
    const equals = field.indexOf('=');
    const [name, value] = equals < 0 ? [field, ''] : [field.slice(0, equals), field.slice(equals + 1)];
    return [formDecode(name), formDecode(value)];
  });
}

function formDecode(text: string): string {
  return percentDecode(text.replaceAll('+', ' '));
}

/** @throws URIError when an escape is malformed or the bytes are not UTF-8 */
export function percentDecode(text: string): string {
  return decodeURIComponent(text.replace(/[\x80-\xff]/g, escapeCharacter));
}

/** Escapes all but the unreserved characters of RFC 3986 section 2.3, as Signature Version 4 wants it. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, escapeCharacter);
}

/** Slashes stay: for paths and keys. */
export function percentEncodePath(path: string): string {
  return percentEncode(path).replaceAll('%2F', '/');
}

function escapeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
