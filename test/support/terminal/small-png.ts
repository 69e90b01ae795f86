import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE_BYTES = 8;
/** Of a pixel: red, green and blue. */
const PIXEL_BYTES = 3;

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

/**
 * The same picture in fewer bytes: of text on one ground most pixels equal their neighbours, so rows without a filter
 * are deflated best. Of pictures with 8 bits for each of three colours, without interlace (PNG specification, third edition).
 */
export function smallPng(png: Buffer): Buffer {
  const chunks = chunksOf(png);
  const header = chunks.find(({ type }) => type === 'IHDR')?.data ?? Buffer.alloc(13);
  const [depth, colours, , , interlace] = header.subarray(8);
  if (depth !== 8 || colours !== 2 || interlace !== 0) throw new Error('A PNG of this kind is not known here.');
  const data = chunks.flatMap((chunk) => (chunk.type === 'IDAT' ? [chunk.data] : []));
  const rows = unfiltered(inflateSync(Buffer.concat(data)), header.readUInt32BE(0) * PIXEL_BYTES);
  const packed = deflateSync(Buffer.concat(rows.flatMap((row) => [Buffer.of(0), row])), { level: 9 });
  const whole = [
    { type: 'IHDR', data: header },
    { type: 'IDAT', data: packed },
    { type: 'IEND', data: Buffer.alloc(0) },
  ];
  return Buffer.concat([png.subarray(0, SIGNATURE_BYTES), ...whole.map(chunkBytes)]);
}

function chunksOf(png: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE_BYTES; at < png.length; ) {
    const bytes = png.readUInt32BE(at);
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + bytes) });
    at += bytes + 12;
  }
  return chunks;
}

function chunkBytes({ type, data }: Chunk): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [data.length, crc32(named)].map((value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  });
  return Buffer.concat([length ?? named, named, sum ?? named]);
}

/** The rows of pixels, each after the filter that its first byte names was taken back (section 9). */
export function unfiltered(data: Buffer, rowBytes: number): Buffer[] {
  const rows: Buffer[] = [];
  for (let at = 0; at < data.length; at += rowBytes + 1) {
    const filter = FILTERS[data[at] ?? 0];
    if (filter === undefined) throw new Error(`The filter ${data[at]} is not known here.`);
    const row = Buffer.from(data.subarray(at + 1, at + 1 + rowBytes));
    const above = rows.at(-1) ?? Buffer.alloc(rowBytes);
    for (let x = 0; x < rowBytes; x += 1) {
      row[x] = (row[x] ?? 0) + filter(row[x - PIXEL_BYTES] ?? 0, above[x] ?? 0, above[x - PIXEL_BYTES] ?? 0);
    }
    rows.push(row);
  }
  return rows;
}

/** What each filter has taken from a byte, by those at its left, above it, and above that at its left. */
const FILTERS: readonly ((left: number, above: number, corner: number) => number)[] = [
  () => 0,
  (left) => left,
  (_left, above) => above,
  (left, above) => Math.floor((left + above) / 2),
  paeth,
];

function paeth(left: number, above: number, corner: number): number {
  const [toLeft, toAbove, toCorner] = [above - corner, left - corner, left + above - 2 * corner].map(Math.abs) as [
    number,
    number,
    number,
  ];
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
