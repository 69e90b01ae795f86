import { patched } from './patched.ts';

/**
 * A tar archive of Unix Version 7: no magic number, and the sum of the header as six octal digits, a zero and a blank.
 * @param bytesAre how some programs add them
 */
export function tarOfVersion7(name: string, bytesAre: 'unsigned' | 'signed' = 'unsigned'): Buffer {
  const fields = { 0: name, 100: '0000644\0', 124: '00000400000 ', 136: '15303157361 ', 148: ' '.repeat(8) };
  const archive = patched(Buffer.alloc(10240), fields);
  const sum = archive.reduce((total, byte) => total + (bytesAre === 'signed' ? (byte << 24) >> 24 : byte), 0);
  return patched(archive, { 148: `${sum.toString(8).padStart(6, '0')}\0 ` });
}
