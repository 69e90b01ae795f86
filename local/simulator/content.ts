import { type FileHandle, open } from 'node:fs/promises';

/** What the bytes of an image look like. Small on purpose: it knows what the services refuse, and no more. */
export interface Content {
  readonly size: number;
  /** The formats whose signature was found, `gpt` for a partition table; none on bytes without any. */
  readonly formats: readonly string[];
  /** Bytes, where one format was found that says so in its header. */
  readonly virtualSize?: number;
  /** Why opening the image could do harm or fail. */
  readonly unsafe?: string;
  /** Why OpenStack does not take the format, although others do. */
  readonly unsupported?: string;
}

interface Signature {
  readonly format: string;
  readonly offset: number;
  readonly magic: string;
}

/** The formats of oslo.utils' format inspector, with its names. */
const SIGNATURES: readonly Signature[] = [
  { format: 'qcow2', offset: 0, magic: 'QFI\xfb' },
  { format: 'qed', offset: 0, magic: 'QED\0' },
  { format: 'vmdk', offset: 0, magic: 'KDMV' },
  { format: 'vmdk', offset: 0, magic: '# Disk DescriptorFile' },
  { format: 'vhd', offset: 0, magic: 'conectix' },
  { format: 'vhdx', offset: 0, magic: 'vhdxfile' },
  { format: 'vdi', offset: 64, magic: '\x7f\x10\xda\xbe' },
  { format: 'iso', offset: 32_769, magic: 'CD001' },
  { format: 'luks', offset: 0, magic: 'LUKS\xba\xbe' },
  { format: 'gpt', offset: 510, magic: '\x55\xaa' },
];

/** What people upload by mistake in the place of a disk image. */
const FOREIGN: readonly Signature[] = [
  { format: 'gzip', offset: 0, magic: '\x1f\x8b' },
  { format: 'xz', offset: 0, magic: '\xfd7zXZ\0' },
  { format: 'bzip2', offset: 0, magic: 'BZh' },
  { format: 'zip', offset: 0, magic: 'PK\x03\x04' },
  { format: '7z', offset: 0, magic: "7z\xbc\xaf'\x1c" },
  { format: 'zstd', offset: 0, magic: '\x28\xb5\x2f\xfd' },
  { format: 'tar', offset: 257, magic: 'ustar' },
];

/** Huawei's own, as its open-source driver of 2018 reads them; to all others they are bytes without any mark. */
const VENDOR: readonly Signature[] = [
  { format: 'zvhd', offset: 0, magic: 'stream\0\0' },
  { format: 'zvhd2', offset: 0, magic: 'z2strm\0\0' },
];

/** Covers the signature of ISO 9660 and, in practice, the descriptor of a VMDK. */
export const HEAD_BYTES = 65_536;

/** Every format with a signature in the first HEAD_BYTES of a file, including archives and the vendor's own. */
export function formatsIn(head: Buffer): string[] {
  return [...new Set(matching([...SIGNATURES, ...FOREIGN, ...VENDOR], head))];
}

export async function inspectContent(path: string): Promise<Content> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const head = await readHead(file);
    const formats = [...new Set(matching(SIGNATURES, head))];
    return { size, formats, ...(formats[0] === undefined ? {} : described(formats[0], head, size)) };
  } finally {
    await file.close();
  }
}

/** The archive or compressed format that a file is, if it is one. */
export async function foreignFormat(path: string): Promise<string | undefined> {
  const file = await open(path);
  try {
    return matching(FOREIGN, await readHead(file))[0];
  } finally {
    await file.close();
  }
}

async function readHead(file: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  return buffer.subarray(0, bytesRead);
}

function matching(signatures: readonly Signature[], head: Buffer): string[] {
  return signatures
    .filter(({ offset, magic }) => head.toString('latin1', offset, offset + magic.length) === magic)
    .map(({ format }) => format);
}

function described(format: string, head: Buffer, size: number): Partial<Content> {
  const describe = DESCRIBED[format];
  if (describe === undefined) return {};
  return head.length < 512 ? { unsafe: `the ${format} header is incomplete` } : describe(head, size);
}

const DESCRIBED: Record<string, (head: Buffer, size: number) => Partial<Content>> = {
  qcow2,
  vmdk: (head) => ({ virtualSize: Number(head.readBigUInt64LE(12)) * 512, ...unsafe(vmdkFault(head)) }),
  vhd: (head) => ({ virtualSize: Number(head.readBigUInt64BE(48)) }),
  vdi: (head) => ({ virtualSize: Number(head.readBigUInt64LE(0x170)) }),
  qed: () => ({ unsupported: 'the format is qed' }),
};

function unsafe(reason: string | undefined): Partial<Content> {
  return reason === undefined ? {} : { unsafe: reason };
}

/** Incompatible features (docs/interop/qcow2.txt): bit 2 names an external data file, from bit 5 on none is defined. */
const QCOW2_REFUSED_FEATURES = ~0b11011n;

function qcow2(head: Buffer, size: number): Partial<Content> {
  const version = head.readUInt32BE(4);
  if (version !== 2 && version !== 3) return { unsupported: `the version of qcow is ${version}` };
  return { virtualSize: Number(head.readBigUInt64BE(24)), ...unsafe(qcow2Fault(head, size, version)) };
}

function qcow2Fault(head: Buffer, size: number, version: number): string | undefined {
  if (head.readBigUInt64BE(8) !== 0n) return 'it has a backing file';
  if (version === 3 && (head.readBigUInt64BE(72) & QCOW2_REFUSED_FEATURES) !== 0n) {
    return 'it has a data file or unknown features';
  }
  const endOfL1 = Number(head.readBigUInt64BE(40)) + head.readUInt32BE(36) * 8;
  return endOfL1 > size ? 'it is cut off before the end of its L1 table' : undefined;
}

function vmdkFault(head: Buffer): string | undefined {
  if (head.toString('latin1', 0, 4) !== 'KDMV') return 'it is only the descriptor of a VMDK';
  const offset = Number(head.readBigUInt64LE(28)) * 512;
  const descriptor = head.toString('latin1', offset, offset + Number(head.readBigUInt64LE(36)) * 512);
  const type = /createType="([^"]*)"/.exec(descriptor)?.[1];
  if (type !== 'monolithicSparse' && type !== 'streamOptimized') return `VMDK of type ${type}`;
  return /^RW .*"[^"]*\/[^"]*"/m.test(descriptor) ? 'an extent of the VMDK names a path' : undefined;
}
