import { ImageDropError } from '../model/errors.ts';
import type { Bytes } from './bytes.ts';
import { type Format, foundImage } from './format.ts';
import type { Probe } from './probe.ts';
import { refuseIf, refuseShorterThan } from './refuse.ts';

/** Version 1.1; the older ones have another header. */
const VERSION = 0x10001;
const TYPES: Readonly<Record<number, string>> = { 1: 'dynamic', 2: 'static' };
const DIFFERENCING = 4;
const SECTOR_BYTES = 512;
const BLOCK_BYTES = 1024 * 1024;
const UUID_BYTES = 16;

/** VirtualBox disk image; VirtualBox, src/VBox/Storage/VDICore.h. */
export const vdi: Format = {
  name: 'vdi',
  matches: ({ head }) => head.has(64, Buffer.from([0x7f, 0x10, 0xda, 0xbe])),
  inspect(probe) {
    const subformat = subformatOf(probe.head);
    const virtualSize = probe.head.u64le(0x170);
    checkBlocks(probe, virtualSize);
    return foundImage('vdi', virtualSize, { subformat });
  },
};

function subformatOf(head: Bytes): string {
  const version = head.u32le(68);
  refuseIf(version !== VERSION, 'unsupported-variant', `VDI version 0x${version.toString(16)} is not known.`);
  const type = head.u32le(76);
  const hasParent = type === DIFFERENCING || !head.isZero(0x1a8, UUID_BYTES) || !head.isZero(0x1b8, UUID_BYTES);
  refuseIf(hasParent, 'parent-image', 'The VDI image holds only the differences to a parent image.');
  const subformat = TYPES[type];
  if (subformat === undefined) throw new ImageDropError('unsupported-variant', `VDI image type ${type} is not known.`);
  return subformat;
}

function checkBlocks({ head, size }: Probe, virtualSize: number): void {
  const [sector, block] = [head.u32le(0x168), head.u32le(0x178)];
  refuseIf(
    sector !== SECTOR_BYTES || block !== BLOCK_BYTES,
    'corrupt-header',
    `VDI blocks of ${block} bytes with sectors of ${sector} bytes are not possible.`,
  );
  const [blocks, allocated] = [head.u32le(0x180), head.u32le(0x184)];
  refuseIf(
    virtualSize > blocks * BLOCK_BYTES || allocated > blocks,
    'corrupt-header',
    `The VDI image has ${blocks} blocks, ${allocated} of them in use, for a disk of ${virtualSize} bytes.`,
  );
  const [mapOffset, dataOffset] = [head.u32le(0x154), head.u32le(0x158)];
  refuseIf(
    mapOffset + blocks * 4 > dataOffset,
    'corrupt-header',
    `The VDI block map at ${mapOffset} runs into the data at ${dataOffset}.`,
  );
  refuseShorterThan(dataOffset + allocated * BLOCK_BYTES, size, 'the VDI data');
}
