import type { Bytes } from './bytes.ts';

/** IEEE 1003.1, pax, "ustar Interchange Format": name at 0, size at 124 as octal digits, type at 156, magic at 257. */
const BLOCK_BYTES = 512;
/** Entries that only describe the next one: extended headers of pax, long names of GNU tar. */
const DESCRIBES_NEXT = ['x', 'g', 'L', 'K'];
const MAX_ENTRIES = 8;

/** POSIX and GNU tar alike. */
export const isTar = (head: Bytes): boolean => head.has(257, 'ustar');

/** The name of the first file in a tar archive; undefined where its head does not show it. */
export function firstFileOfTar(head: Bytes): string | undefined {
  let offset = 0;
  for (let entry = 0; entry < MAX_ENTRIES && offset + BLOCK_BYTES <= head.length; entry++) {
    const header = head.slice(offset, BLOCK_BYTES).toString('latin1');
    if (!DESCRIBES_NEXT.includes(header.charAt(156))) return header.slice(0, 100).split('\0', 1)[0];
    const bytes = Number.parseInt(header.slice(124, 136), 8) || 0;
    offset += BLOCK_BYTES + Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return undefined;
}
