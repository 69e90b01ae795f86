import type { BlockMap } from '../reading/block-map.ts';
import type { Format } from '../reading/format.ts';
import type { Probe } from '../reading/probe.ts';
import { Refusal, type Rule } from '../reading/rule.ts';

/** Version 1.1; the older ones have another header. */
const VERSION = 0x10001;
const TYPES: Readonly<Record<number, string>> = { 1: 'dynamic', 2: 'static' };
const DIFFERENCING = 4;
const SECTOR_BYTES = 512;
const BLOCK_BYTES = 1024 * 1024;
const UUID_BYTES = 16;
const ENTRY_BYTES = 4;
/** From here on an entry of the map stands for a block of zeros. */
const NOT_STORED = 0xfffffffe;

const RULES = {
  version: { code: 'unsupported-variant', title: 'version 1.1', at: 'u32@68' },
  parent: { code: 'parent-image', title: 'parent image', at: 'u32@76, UUIDs at 424 and 440' },
  type: { code: 'unsupported-variant', title: 'image type is known', at: 'u32@76' },
  sizes: { code: 'corrupt-header', title: 'sizes of sectors and blocks', at: 'u32@360, u32@376' },
  blocks: { code: 'corrupt-header', title: 'number of blocks fits the disk', at: 'u32@384, u32@388' },
  places: { code: 'corrupt-header', title: 'block map and data begin at sectors of their own', at: 'u32@340, u32@344' },
  map: { code: 'corrupt-header', title: 'block map ends before the data', at: 'u32@340, u32@344' },
  data: { code: 'truncated', title: 'blocks in use lie inside the file', at: 'u32@388' },
} as const satisfies Record<string, Rule>;

/** VirtualBox disk image; VirtualBox, src/VBox/Storage/VDICore.h. */
export const vdi: Format = {
  name: 'vdi',
  rules: Object.values(RULES),
  matches: ({ head }) => head.has(64, Buffer.from([0x7f, 0x10, 0xda, 0xbe])),
  inspect(probe) {
    const subformat = subformatOf(probe);
    const virtualSize = probe.head.u64le(0x170);
    return { subformat, virtualSize, guest: checkedBlocks(probe, virtualSize) };
  },
};

function subformatOf({ head, ledger }: Probe): string {
  const version = head.u32le(68);
  ledger.refuseIf(version !== VERSION, RULES.version, `VDI version 0x${version.toString(16)} is not known.`);
  const type = head.u32le(76);
  const hasParent = type === DIFFERENCING || !head.isZero(0x1a8, UUID_BYTES) || !head.isZero(0x1b8, UUID_BYTES);
  ledger.refuseIf(hasParent, RULES.parent, 'The VDI image holds only the differences to a parent image.');
  const subformat = TYPES[type];
  if (subformat === undefined) throw new Refusal(RULES.type, `VDI image type ${type} is not known.`);
  ledger.pass(RULES.type);
  return subformat;
}

function checkedBlocks(probe: Probe, virtualSize: number): BlockMap {
  const { head, ledger } = probe;
  const [sector, block] = [head.u32le(0x168), head.u32le(0x178)];
  ledger.refuseIf(
    sector !== SECTOR_BYTES || block !== BLOCK_BYTES,
    RULES.sizes,
    `VDI blocks of ${block} bytes with sectors of ${sector} bytes are not possible.`,
  );
  const [blocks, allocated] = [head.u32le(0x180), head.u32le(0x184)];
  ledger.refuseIf(
    virtualSize > blocks * BLOCK_BYTES || allocated > blocks,
    RULES.blocks,
    `The VDI image has ${blocks} blocks, ${allocated} of them in use, for a disk of ${virtualSize} bytes.`,
  );
  const [mapOffset, dataOffset] = [head.u32le(0x154), head.u32le(0x158)];
  ledger.refuseIf(
    // The header fills most of the first sector.
    [mapOffset, dataOffset].some((offset) => offset === 0 || offset % SECTOR_BYTES !== 0),
    RULES.places,
    `The VDI block map cannot be at byte ${mapOffset} with the data at ${dataOffset}.`,
  );
  ledger.refuseIf(
    mapOffset + blocks * ENTRY_BYTES > dataOffset,
    RULES.map,
    `The VDI block map at ${mapOffset} runs into the data at ${dataOffset}.`,
  );
  ledger.refuseShorterThan(dataOffset + allocated * BLOCK_BYTES, RULES.data, 'the VDI data');
  return vdiBlocks(probe, mapOffset, dataOffset);
}

function vdiBlocks(probe: Probe, mapOffset: number, dataOffset: number): BlockMap {
  return {
    blockBytes: BLOCK_BYTES,
    async locate(first, count) {
      const map = await probe.read(mapOffset + first * ENTRY_BYTES, count * ENTRY_BYTES);
      return Array.from({ length: count }, (_, index) => {
        const place = map.u32le(index * ENTRY_BYTES);
        return place >= NOT_STORED ? undefined : { offset: dataOffset + place * BLOCK_BYTES };
      });
    },
  };
}
