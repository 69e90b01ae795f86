import { corruptData, cutShort, trailingBytes, unsupported } from './refusals.ts';

export const TAR = 'a tar archive';
/** IEEE 1003.1, pax, "ustar Interchange Format". */
export const BLOCK_BYTES = 512;
const CHECKSUM = { offset: 148, length: 8 };
const SPACE = 0x20;
/** Long names and pax records; those of real archives have a few hundred bytes. */
const MAX_TEXT_BYTES = 1024 * 1024;
/** Bounds the time whatever a hostile archive says. */
const MAX_MEMBERS = 10_000;
const REGULAR = ['0', '\0', '7'];
/** What describes the next member: pax records, and the long names of GNU tar. */
const [PAX, GLOBAL_PAX, LONG_NAME, LONG_LINK] = ['x', 'g', 'L', 'K'];
/** GNU tar: only parts of the member are in the archive, or in this part of it. */
const IN_PARTS: Readonly<Record<string, string>> = { S: 'is sparse', M: 'continues in another archive' };

/** Bytes that are read in order: a stream, or a file by ranges. */
export interface TarInput {
  /** Bytes that were taken so far. */
  readonly position: number;
  /** The next bytes; fewer only where the input ends before. */
  take(length: number): Promise<Buffer>;
  /** @returns bytes that were skipped; fewer only where the input ends before */
  skip(length: number): Promise<number>;
}

/** A regular file in an archive. */
export interface TarMember {
  readonly name: string;
  readonly size: number;
  /** Where its bytes begin. */
  readonly offset: number;
}

/** Whether the block is the header of a member: its sum is right, and it has a name. */
export function isTarHeader(block: Buffer): boolean {
  if (block.length < BLOCK_BYTES || block[0] === 0) return false;
  const field = block.toString('latin1', CHECKSUM.offset, CHECKSUM.offset + CHECKSUM.length);
  return /^ *[0-7]+[ \0]*$/.test(field) && Number.parseInt(field, 8) === sumOf(block);
}

/** Of all bytes, those of the sum itself counted as blanks. */
function sumOf(block: Buffer): number {
  let sum = CHECKSUM.length * SPACE;
  for (let index = 0; index < BLOCK_BYTES; index++) {
    const isChecksum = index >= CHECKSUM.offset && index < CHECKSUM.offset + CHECKSUM.length;
    sum += isChecksum ? 0 : (block[index] ?? 0);
  }
  return sum;
}

/**
 * The regular files of an archive, in their order: ustar, pax, GNU tar and Unix Version 7. The caller may read the bytes
 * of each from the input before it asks for the next.
 * @throws ImageDropError `truncated`, `trailing-bytes`, `corrupt-data`, `unsupported-variant`
 */
export async function* tarMembers(input: TarInput): AsyncGenerator<TarMember> {
  let described: Described = {};
  for (let count = 0; count < MAX_MEMBERS; count++) {
    const header = await exactly(input, BLOCK_BYTES);
    if (header.every((byte) => byte === 0)) return requireEnd(input);
    if (!isTarHeader(header)) throw corruptData(TAR, `byte ${input.position - BLOCK_BYTES} begins no member`);
    const member = memberOf(header, described, input.position);
    const text = await textOf(header, member, input);
    if (text !== undefined) described = { ...described, ...text };
    else {
      refuseInParts(member, described);
      if (REGULAR.includes(member.type)) yield member;
      described = described.global === undefined ? {} : { global: described.global };
    }
    await skipTo(input, member.offset + Math.ceil(member.size / BLOCK_BYTES) * BLOCK_BYTES);
  }
  throw unsupported(`The file is ${TAR} of more than ${MAX_MEMBERS} members.`);
}

/** Zeros that fill the last record: 10 KiB by default, and more with `tar --blocking-factor`. */
const MAX_FILL_BYTES = 1024 * 1024;
const PIECE_BYTES = 65_536;

/** Another archive or file behind the end would be seen by some programs only. */
async function requireEnd(input: TarInput): Promise<void> {
  const end = input.position;
  for (let bytes = await input.take(PIECE_BYTES); bytes.length > 0; bytes = await input.take(PIECE_BYTES)) {
    const other = bytes.findIndex((byte) => byte !== 0);
    if (other >= 0) throw trailingBytes(TAR, input.position - bytes.length + other);
    if (input.position - end > MAX_FILL_BYTES) throw trailingBytes(TAR, end);
  }
}

async function exactly(input: TarInput, length: number): Promise<Buffer> {
  const bytes = await input.take(length);
  if (bytes.length < length) throw cutShort(TAR);
  return bytes;
}

async function skipTo(input: TarInput, end: number): Promise<void> {
  const length = end - input.position;
  if ((await input.skip(length)) < length) throw cutShort(TAR);
}

type Records = Readonly<Record<string, string>>;

/** What members before a member say about it. */
interface Described {
  readonly longName?: string;
  readonly pax?: Records;
  readonly global?: Records;
}

interface Member extends TarMember {
  readonly type: string;
}

function memberOf(header: Buffer, { longName, pax, global }: Described, offset: number): Member {
  const type = header.toString('latin1', 156, 157);
  const records: Records = [PAX, GLOBAL_PAX, LONG_NAME, LONG_LINK].includes(type) ? {} : { ...global, ...pax };
  const size = records.size === undefined ? numberIn(header.subarray(124, 136)) : Number(records.size);
  if (!Number.isSafeInteger(size) || size < 0) throw corruptData(TAR, 'the size of a member is not a number');
  // Links and folders have a size in some archives, but no bytes.
  const hasBytes = !['1', '2', '3', '4', '5', '6'].includes(type);
  return { name: records.path ?? longName ?? nameIn(header), size: hasBytes ? size : 0, offset, type };
}

/** Octal digits; or, of sizes from 8 GiB on in archives of GNU tar, base 256 behind a set bit. */
function numberIn(field: Buffer): number {
  const [first = 0] = field;
  if (first === 0x80) return field.subarray(1).reduce((value, byte) => value * 256 + byte, 0);
  const digits = field
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .trimStart();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : Number.NaN;
}

/** ustar has the first part of a long name in the field `prefix`. GNU tar has other fields there. */
function nameIn(header: Buffer): string {
  const name = text(header.subarray(0, 100));
  const isUstar = header.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? text(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

const text = (field: Buffer): string => field.toString().split('\0', 1)[0] ?? '';

/** What the member says about the next one; undefined where it is a member of its own. */
async function textOf(header: Buffer, { type, size }: Member, input: TarInput): Promise<Described | undefined> {
  if (![PAX, GLOBAL_PAX, LONG_NAME, LONG_LINK].includes(type)) return undefined;
  if (size > MAX_TEXT_BYTES) throw corruptData(TAR, `${text(header.subarray(0, 100))} has ${size} bytes`);
  const bytes = await exactly(input, size);
  if (type === LONG_NAME) return { longName: text(bytes) };
  if (type === LONG_LINK) return {};
  return type === PAX ? { pax: recordsIn(bytes) } : { global: recordsIn(bytes) };
}

/** "30 mtime=1350244992.023960108\n": the number counts all bytes of the record. */
function recordsIn(bytes: Buffer): Records {
  const records: Record<string, string> = {};
  for (let place = 0; place < bytes.length; ) {
    const [match = '', length = ''] = /^(\d{1,7}) /.exec(bytes.toString('latin1', place, place + 8)) ?? [];
    const end = place + Number(length);
    const record = bytes.toString('utf8', place + match.length, end - 1);
    const equals = record.indexOf('=');
    if (match === '' || end > bytes.length || equals < 1) throw corruptData(TAR, 'a pax record is not whole');
    records[record.slice(0, equals)] = record.slice(equals + 1);
    place = end;
  }
  return records;
}

function refuseInParts({ type, name }: Member, { pax, global }: Described): void {
  const isSparse = Object.keys({ ...global, ...pax }).some((key) => key.startsWith('GNU.sparse.'));
  const reason = isSparse ? IN_PARTS.S : IN_PARTS[type];
  if (reason !== undefined) throw unsupported(`The file is ${TAR} and its member ${name} ${reason}.`);
}
