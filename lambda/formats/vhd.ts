import type { FoundImage } from '../model/image.ts';
import { type Format, foundImage } from './format.ts';
import type { Probe } from './probe.ts';
import { isPowerOfTwo, refuseIf, refuseShorterThan } from './refuse.ts';
import { FOOTER_BYTES, onesComplementSum, parseFooter, VHD_COOKIE, type VhdFooter } from './vhd-footer.ts';

const FIXED = 2;
const DYNAMIC = 3;
const DIFFERENCING = 4;
/** "Dynamic Disk Header Format": 1,024 bytes, with its checksum at 36. */
const DYNAMIC_HEADER_BYTES = 1024;
const DYNAMIC_CHECKSUM_OFFSET = 36;
const MAX_BLOCK_BYTES = 2 ** 31;

/** Microsoft, Virtual Hard Disk Image Format Specification 1.0. */
export const vhd: Format = {
  name: 'vhd',
  matches: (probe) => hasHead(probe) || hasTail(probe),
  mayBePartitioned: (probe) => !hasHead(probe),
  inspect(probe) {
    refuseIf(!hasTail(probe), 'truncated', 'The VHD has no footer in its last 512 bytes: the end is missing.');
    const footer = parseFooter(probe.tail, footerOffset(probe));
    refuseIf(footer.type === DIFFERENCING, 'parent-image', 'The VHD holds only the differences to a parent image.');
    refuseIf(
      footer.type !== FIXED && footer.type !== DYNAMIC,
      'unsupported-variant',
      `VHD disk type ${footer.type} is not known.`,
    );
    return footer.type === FIXED ? inspectFixed(probe, footer) : inspectDynamic(probe, footer);
  },
};

const footerOffset = ({ tail }: Probe): number => tail.length - FOOTER_BYTES;
const hasHead = ({ head }: Probe): boolean => head.has(0, VHD_COOKIE);
const hasTail = (probe: Probe): boolean => probe.tail.has(footerOffset(probe), VHD_COOKIE);

function inspectFixed(probe: Probe, { currentSize, virtualSize }: VhdFooter): FoundImage {
  refuseIf(hasHead(probe), 'two-formats', 'The fixed VHD begins like a dynamic one: it can be read as two disks.');
  refuseIf(
    !probe.tail.isAllOnes(footerOffset(probe) + 16, 8),
    'corrupt-header',
    'The fixed VHD points to a header that only dynamic ones have.',
  );
  refuseShorterThan(currentSize + FOOTER_BYTES, probe.size, 'the fixed VHD');
  refuseIf(
    currentSize + FOOTER_BYTES < probe.size,
    'corrupt-header',
    `The fixed VHD says that its disk has ${currentSize} bytes, but the file has ${probe.size - FOOTER_BYTES} before its footer.`,
  );
  return foundImage('vhd', virtualSize, { subformat: 'fixed' });
}

async function inspectDynamic(probe: Probe, { virtualSize }: VhdFooter): Promise<FoundImage> {
  const footer = probe.tail.slice(footerOffset(probe), FOOTER_BYTES);
  refuseIf(!probe.head.has(0, footer), 'corrupt-header', 'The dynamic VHD does not begin with a copy of its footer.');
  const header = await probe.read(probe.head.u64be(16), DYNAMIC_HEADER_BYTES);
  refuseIf(!header.has(0, 'cxsparse'), 'corrupt-header', 'The dynamic VHD has no header where its footer says.');
  refuseIf(
    header.u32be(DYNAMIC_CHECKSUM_OFFSET) !==
      onesComplementSum(header.slice(0, DYNAMIC_HEADER_BYTES), DYNAMIC_CHECKSUM_OFFSET),
    'corrupt-header',
    'The checksum of the dynamic VHD header is wrong.',
  );
  // Readers open such a file without its parent and without a word.
  refuseIf(!header.isZero(40, 16), 'parent-image', 'The VHD names a parent image.');
  const [entries, blockBytes] = [header.u32be(28), header.u32be(32)];
  refuseIf(
    !isPowerOfTwo(blockBytes, 512, MAX_BLOCK_BYTES) || entries * blockBytes < virtualSize,
    'corrupt-header',
    `The dynamic VHD has ${entries} blocks of ${blockBytes} bytes for a disk of ${virtualSize} bytes.`,
  );
  refuseShorterThan(header.u64be(16) + entries * 4, probe.size - FOOTER_BYTES, 'the block table of the VHD');
  return foundImage('vhd', virtualSize, { subformat: 'dynamic' });
}
