import type { Bytes } from '../reading/bytes.ts';

/** IEEE 1003.1, pax, "ustar Interchange Format": name at 0, size at 124 and checksum at 148 as octal digits, type at 156. */
const BLOCK_BYTES = 512;
const CHECKSUM = { offset: 148, length: 8 };
const SPACE = 0x20;
/** Entries that only describe the next one: extended headers of pax, long names of GNU tar. */
const DESCRIBES_NEXT = ['x', 'g', 'L', 'K'];
const MAX_ENTRIES = 8;

/** POSIX and GNU tar alike, and the tar of Unix Version 7, which has no magic number. */
export const isTar = (head: Bytes): boolean => head.has(257, 'ustar') || isVersion7(head);

/**
 * A name, and the right sum of all bytes of the block, those of the checksum itself counted as blanks. Some programs add
 * the bytes as signed ones (GNU tar manual, "Basic Tar Format").
 */
function isVersion7(head: Bytes): boolean {
  if (head.length < BLOCK_BYTES || head.u8(0) === 0) return false;
  const block = Buffer.from(head.slice(0, BLOCK_BYTES));
  const field = block.toString('latin1', CHECKSUM.offset, CHECKSUM.offset + CHECKSUM.length);
  if (!/^ *[0-7]+[ \0]*$/.test(field)) return false;
  block.fill(SPACE, CHECKSUM.offset, CHECKSUM.offset + CHECKSUM.length);
  const sum = block.reduce((total, byte) => total + byte, 0);
  const signedSum = block.reduce((total, byte) => total + ((byte << 24) >> 24), 0);
  return [sum, signedSum].includes(Number.parseInt(field, 8));
}

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
