const BLOCK = 4096;
const GIB = 1024 ** 3;

export interface ZvhdOptions {
  /** Changes the header at the start or end before its checksum is made. */
  readonly header?: (header: Buffer, place: 'start' | 'end') => void;
}

/** The content between the headers is as it comes: nobody here looks into it. */
export function zvhdImage(content: Buffer, { header }: ZvhdOptions = {}): Buffer {
  const block = (place: 'start' | 'end') => zvhdHeader('stream\0\0', content.length, (bytes) => header?.(bytes, place));
  return Buffer.concat([block('start'), content, block('end')]);
}

const INDEX_BYTES = 512;
const BITMAP_BYTES = 64;

export function zvhd2Image(content: Buffer, { header }: ZvhdOptions = {}): Buffer {
  const [start, end] = zvhd2Headers(content.length, header);
  return Buffer.concat([start, content, Buffer.alloc(INDEX_BYTES + BITMAP_BYTES), end]);
}

/** A file of so many bytes, as an object with holes: all but its headers is zeros. */
export function sparseZvhd2(size: number): {
  readonly size: number;
  readonly pieces: { readonly offset: number; readonly bytes: Buffer }[];
} {
  const [start, end] = zvhd2Headers(size - 2 * BLOCK - INDEX_BYTES - BITMAP_BYTES);
  const last = { offset: size - BLOCK, bytes: end };
  return { size, pieces: [{ offset: 0, bytes: start }, last] };
}

function zvhd2Headers(contentBytes: number, header?: ZvhdOptions['header']): [Buffer, Buffer] {
  const start = zvhdHeader('z2strm\0\0', contentBytes, (bytes) => header?.(bytes, 'start'));
  const end = zvhdHeader('z2strm\0\0', contentBytes, (bytes) => {
    bytes.writeUInt8(1, 87);
    bytes.writeUInt32LE(1024 * 1024, 88);
    bytes.writeBigUInt64LE(BigInt(BLOCK + contentBytes), 96);
    bytes.writeBigUInt64LE(BigInt(BLOCK + contentBytes + INDEX_BYTES), 104);
    bytes.writeUInt32LE(INDEX_BYTES, 112);
    bytes.writeUInt32LE(BITMAP_BYTES, 116);
    header?.(bytes, 'end');
  });
  return [start, end];
}

function zvhdHeader(cookie: string, contentBytes: number, change: (header: Buffer) => void): Buffer {
  const block = Buffer.alloc(BLOCK);
  const header = block.subarray(0, 512);
  header.write(cookie, 'latin1');
  header.writeUInt32LE(2, 8);
  header.writeUInt32LE(0x10000, 12);
  header.fill(0xff, 16, 24);
  header.write('tap\0', 28, 'latin1');
  header.writeUInt32LE(0x10004, 32);
  const diskBytes = BigInt(Math.ceil(contentBytes / GIB) * GIB);
  header.writeBigUInt64LE(diskBytes, 40);
  header.writeBigUInt64LE(diskBytes, 48);
  header.writeUInt32LE(4, 60);
  change(header);
  header.writeUInt32LE(0, 64);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.writeUInt32LE(~sum >>> 0, 64);
  return block;
}
