import type { Bytes } from '../reading/bytes.ts';
import type { Ledger } from '../reading/ledger.ts';
import type { Rule } from '../reading/rule.ts';
import { onesComplementSum } from './footer.ts';

/** The header fills a block of this size at the start and again at the end; only its first 512 bytes are defined. */
export const BLOCK_BYTES = 4096;
export const HEADER_BYTES = 512;
const CHECKSUM_OFFSET = 64;
const FORMAT_VERSION = 0x10000;
const FEATURES = 2;
const TYPE = 4;
/** Driver versions 1.4, and 1.3 before it. */
const CREATOR_VERSIONS = [0x10004, 0x10003];

const RULES = {
  signature: { code: 'corrupt-header', title: 'signature of the header', at: '8 bytes at 0' },
  version: { code: 'unsupported-variant', title: 'versions are known', at: 'u32@12, u32@32' },
  constants: { code: 'corrupt-header', title: 'what every header has', at: 'u32@8, u64@16, 4 bytes at 28, u32@60' },
  checksum: { code: 'corrupt-header', title: 'checksum of the header', at: 'u32@64' },
} as const satisfies Record<string, Rule>;

export const ZVHD_HEADER_RULES: readonly Rule[] = Object.values(RULES);

export interface ZvhdHeader {
  readonly originalSize: number;
  /** Bytes, rounded up to a GiB. */
  readonly currentSize: number;
}

/**
 * The fields of a VHD footer in little-endian order. The cookie is weak (the word "stream" begins many a file), so all
 * that is constant must be right.
 */
export function parseZvhdHeader(
  bytes: Bytes,
  { name, cookie, ledger }: { name: string; cookie: string; ledger: Ledger },
): ZvhdHeader {
  const hasCookie = bytes.has(0, cookie);
  ledger.refuseIf(!hasCookie, RULES.signature, `The header of the ${name} image has lost its signature.`);
  const [version, creatorVersion] = [bytes.u32le(12), bytes.u32le(32)];
  ledger.refuseIf(
    version !== FORMAT_VERSION || !CREATOR_VERSIONS.includes(creatorVersion),
    RULES.version,
    `${name} version 0x${version.toString(16)} by driver 0x${creatorVersion.toString(16)} is not known.`,
  );
  const hasConstants =
    bytes.u32le(8) === FEATURES && bytes.isAllOnes(16, 8) && bytes.has(28, 'tap\0') && bytes.u32le(60) === TYPE;
  ledger.refuseIf(!hasConstants, RULES.constants, `The header of the ${name} image lacks what every such header has.`);
  const checksum = onesComplementSum(bytes.slice(0, HEADER_BYTES), CHECKSUM_OFFSET);
  const isRight = bytes.u32le(CHECKSUM_OFFSET) === checksum;
  ledger.refuseIf(!isRight, RULES.checksum, `The checksum of the ${name} header is wrong.`);
  return { originalSize: bytes.u64le(40), currentSize: bytes.u64le(48) };
}
