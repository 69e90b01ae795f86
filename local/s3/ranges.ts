import { S3Error } from './errors.ts';

/** Both ends are inside. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The Range header (RFC 9110 section 14.1.2).
 * @returns undefined for the whole object: without the header, and where it is malformed or names several ranges, as S3
 * does
 * @throws InvalidRange when no byte of the object is in it
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  const range =
    first === ''
      ? { start: Math.max(size - Number(last), 0), end: size - 1 }
      : { start: Number(first), end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
  if (range.start > range.end) {
    const elements = { RangeRequested: header ?? '', ActualObjectSize: String(size) };
    throw new S3Error('InvalidRange', { elements, headers: { 'content-range': `bytes */${size}` } });
  }
  return range;
}

/** Bytes in a range. */
export function rangeLength({ start, end }: ByteRange): number {
  return end - start + 1;
}

/** The whole of an object; empty for an empty one. */
export function wholeRange(size: number): ByteRange {
  return { start: 0, end: size - 1 };
}
