import type { Bytes } from '../reading/bytes.ts';
import type { Ledger } from '../reading/ledger.ts';
import type { Rule } from '../reading/rule.ts';

/**
 * Virtual Hard Disk Image Format Specification 1.0, "Hard Disk Footer Format". Before Virtual PC 2004 a footer had 511
 * bytes, without the last of the reserved zeros.
 */
export const FOOTER_BYTES = 512;
export const OLD_FOOTER_BYTES = 511;
export const VHD_COOKIE = 'conectix';
const FORMAT_VERSION = 0x10000;
const CHECKSUM_OFFSET = 64;
/**
 * Bit 0 marks a disk that may be deleted at shutdown, bit 1 is reserved and always set ("Features"). Some writers leave it
 * out, and QEMU reads no features at all.
 */
const KNOWN_FEATURES = 3;
/** The specification's limit, and qemu's. */
const MAX_DISK_BYTES = 2040 * 1024 ** 3;
/** Programs whose `current size` is right where the geometry is not; QEMU, block/vpc.c. */
const EXACT_CREATORS = ['win ', 'qem2', 'd2v ', 'tap\0', 'CTXS'];
/** The geometry of all disks that are too large to have one; it says nothing of the size. */
const MAX_GEOMETRY_SECTORS = 65535 * 16 * 255;

const RULES = {
  version: { code: 'unsupported-variant', title: 'version 1.0', at: 'u32@12 of the footer' },
  features: { code: 'unknown-feature', title: 'features are known', at: 'u32@8 of the footer' },
  checksum: { code: 'corrupt-header', title: 'checksum of the footer', at: 'u32@64 of the footer' },
  size: { code: 'corrupt-header', title: 'size of the disk', at: 'u64@48 of the footer' },
} as const satisfies Record<string, Rule>;

export const FOOTER_RULES: readonly Rule[] = Object.values(RULES);

export interface VhdFooter {
  readonly type: number;
  /** At the end of the file: 512, or 511; 0 where only the copy at the start counts. */
  readonly footerBytes: number;
  /** Bytes of the disk as the footer gives them. */
  readonly currentSize: number;
  /** Bytes that the disk can have: where size and geometry differ, readers differ as well, and the larger is safe. */
  readonly virtualSize: number;
}

export interface FooterPlace {
  /** Of the footer in the bytes that are given. */
  readonly offset: number;
  /** 512 or 511. */
  readonly footerBytes: number;
}

export function parseFooter(bytes: Bytes, { offset, footerBytes }: FooterPlace, ledger: Ledger): VhdFooter {
  const version = bytes.u32be(offset + 12);
  ledger.refuseIf(version !== FORMAT_VERSION, RULES.version, `VHD version 0x${version.toString(16)} is not known.`);
  const features = bytes.u32be(offset + 8);
  const isKnown = features <= KNOWN_FEATURES;
  ledger.refuseIf(!isKnown, RULES.features, `The VHD footer asks for features 0x${features.toString(16)}.`);
  const isSound = hasRightChecksum(bytes, { offset, footerBytes });
  ledger.refuseIf(!isSound, RULES.checksum, 'The checksum of the VHD footer is wrong.');
  const currentSize = bytes.u64be(offset + 48);
  const virtualSize = largerSize(bytes, offset, currentSize);
  ledger.refuseIf(
    virtualSize > MAX_DISK_BYTES,
    RULES.size,
    `A VHD cannot have ${virtualSize} bytes; 2040 GiB is the most.`,
  );
  return { type: bytes.u32be(offset + 60), footerBytes, currentSize, virtualSize };
}

export const hasRightChecksum = (bytes: Bytes, { offset, footerBytes }: FooterPlace): boolean =>
  bytes.u32be(offset + CHECKSUM_OFFSET) === onesComplementSum(bytes.slice(offset, footerBytes), CHECKSUM_OFFSET);

/** The ones' complement of the sum of all bytes but the four of the checksum itself. */
export function onesComplementSum(bytes: Buffer, checksumOffset: number): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  for (const byte of bytes.subarray(checksumOffset, checksumOffset + 4)) sum -= byte;
  return ~sum >>> 0;
}

function largerSize(bytes: Bytes, offset: number, currentSize: number): number {
  const sectors = bytes.u16be(offset + 56) * bytes.u8(offset + 58) * bytes.u8(offset + 59);
  const isExact = EXACT_CREATORS.some((creator) => bytes.has(offset + 28, creator));
  return isExact || sectors === MAX_GEOMETRY_SECTORS ? currentSize : Math.max(currentSize, sectors * 512);
}
