import type { ErrorCode } from '../../../lambda/model/errors.ts';
import { bootableIso, hybridIso, mbrEntry, udfBridge } from '../images/bootable-iso.ts';
import { emptyGptDisk } from '../images/gpt.ts';
import { isoImage } from '../images/iso.ts';
import { both16, both32, patched, u32be, u32le, u64le } from '../images/patched.ts';
import { DISK } from '../images/samples.ts';
import { SparseFile } from '../images/sparse-file.ts';
import { vdiImage } from '../images/vdi.ts';
import { type Acceptance, accepted, type CorpusGroup, refused } from './entry.ts';

type Changes = Readonly<Record<number, readonly number[] | string>>;
const MIB = 1024 * 1024;
const GIB = 1024 ** 3;
const TIB = 1024 ** 4;

const vdiBytes = vdiImage(DISK);
const VDI: Acceptance = { format: 'vdi', subformat: 'dynamic', virtualSize: DISK.length };

const badVdi: [name: string, changes: Changes, code: ErrorCode][] = [
  ['of version 0.1', { 68: u32le(1) }, 'unsupported-variant'],
  ['of version 1.0', { 68: u32le(0x10000) }, 'unsupported-variant'],
  ['of version 2.0', { 68: u32le(0x20000) }, 'unsupported-variant'],
  ['of no kind', { 76: u32le(0) }, 'unsupported-variant'],
  ['of the undo kind', { 76: u32le(3) }, 'unsupported-variant'],
  ['of an unknown kind', { 76: u32le(5) }, 'unsupported-variant'],
  ['of the differencing kind', { 76: u32le(4) }, 'parent-image'],
  ['with a link UUID', { 424: [1] }, 'parent-image'],
  ['with a link UUID of which only the last byte is set', { 439: [1] }, 'parent-image'],
  ['with a parent UUID', { 440: [1] }, 'parent-image'],
  ['with a parent UUID of which only the last byte is set', { 455: [1] }, 'parent-image'],
  ['with sectors of 4096 bytes', { 360: u32le(4096) }, 'corrupt-header'],
  ['with blocks of 2 MiB', { 376: u32le(2 * MIB) }, 'corrupt-header'],
  ['with a disk of 0 bytes', { 368: u64le(0) }, 'corrupt-header'],
  ['with a disk of 2^64 - 1 bytes', { 368: u64le(2n ** 64n - 1n) }, 'corrupt-header'],
  ['with a disk larger than its blocks', { 368: u64le(MIB + 512) }, 'corrupt-header'],
  ['with more blocks in use than it has', { 388: u32le(2) }, 'corrupt-header'],
  ['with its block map in the header', { 340: u32le(0) }, 'corrupt-header'],
  ['with a block map between sectors', { 340: u32le(513) }, 'corrupt-header'],
  ['with its data between sectors', { 344: u32le(1025) }, 'corrupt-header'],
  ['with its data over its block map', { 344: u32le(512) }, 'corrupt-header'],
  ['with its data past the end', { 344: u32le(4096) }, 'truncated'],
];

/** Of 2 TiB: a map of 8 MiB, no block in use. */
function largeVdi(): SparseFile {
  const blocks = (2 * TIB) / MIB;
  const start = vdiImage(Buffer.alloc(MIB), { mapOffset: MIB, dataOffset: MIB + blocks * 4 });
  return SparseFile.of(patched(start, { 368: u64le(2 * TIB), 384: u32le(blocks) })).patched(
    MIB,
    Buffer.alloc(blocks * 4, 0xff),
  );
}

export const vdi: CorpusGroup = {
  title: 'A VDI image',
  entries: [
    accepted('of the dynamic kind', VDI, () => vdiBytes),
    accepted('of the static kind', { ...VDI, subformat: 'static' }, () => patched(vdiBytes, { 76: u32le(2) })),
    accepted('with its tables at MiB, as VirtualBox writes it', VDI, () =>
      vdiImage(DISK, { mapOffset: MIB, dataOffset: 2 * MIB }),
    ),
    accepted('with an empty disk', { ...VDI, virtualSize: 3 * MIB }, () => vdiImage(Buffer.alloc(3 * MIB))),
    accepted('with an empty disk of 2 TiB', { ...VDI, virtualSize: 2 * TIB }, largeVdi),
    accepted('with a comment and other words at its start', VDI, () =>
      patched(vdiBytes, { 0: '<<< QEMU VM Virtual Disk Image >>>\n\0\0\0\0\0', 84: 'my disk' }),
    ),
    ...badVdi.map(([name, changes, code]) => refused(name, code, () => patched(vdiBytes, changes))),
    refused('cut in its header', 'truncated', () => vdiBytes.subarray(0, 0x180)),
    refused('cut in its data', 'truncated', () => vdiBytes.subarray(0, -1)),
    refused('that is said to be raw', 'wrong-format', () => vdiBytes, { claimedFormat: 'raw' }),
  ],
};

const isoBytes = isoImage(DISK);
const ISO: Acceptance = { format: 'iso', virtualSize: isoBytes.length };
const VOLUME_SECTORS = isoBytes.length / 2048;

const forUsbSticks = Buffer.concat([DISK.subarray(0, 512), isoBytes.subarray(512)]);

const badIso: [name: string, changes: Changes, code: ErrorCode][] = [
  ['that begins with a boot record', { 32768: [0] }, 'corrupt-header'],
  ['that begins with the end of its descriptors', { 32768: [255] }, 'corrupt-header'],
  ['with a volume of no sectors', { 32848: both32(0) }, 'corrupt-header'],
  ['with sectors of 0 bytes', { 32896: [0, 0, 0, 0] }, 'corrupt-header'],
  ['with sectors of 1 byte', { 32896: both16(1) }, 'corrupt-header'],
  ['with sectors of 256 bytes', { 32896: both16(256) }, 'corrupt-header'],
  ['with sectors of 1536 bytes', { 32896: both16(1536) }, 'corrupt-header'],
  ['with sectors of 4096 bytes', { 32896: both16(4096) }, 'corrupt-header'],
  ['whose volume has another size in the other byte order', { 32852: u32be(99999) }, 'corrupt-header'],
  ['whose sectors have another size in the other byte order', { 32898: [2, 0] }, 'corrupt-header'],
  ['with a volume past the end', { 32848: both32(VOLUME_SECTORS + 1) }, 'truncated'],
  ['with a volume of 8 TiB', { 32848: both32(2 ** 32 - 1) }, 'truncated'],
];

/** The sector of the UDF anchor, without which there is no UDF volume. */
const ANCHOR = 256;
/** UDF beside an ISO 9660 volume that is little more than a note. */
const bridge = (mark: string): Buffer =>
  patched(Buffer.concat([isoBytes], (ANCHOR + 1) * 2048), {
    32848: both32(20),
    [17 * 2048 + 1]: 'BEA01',
    [18 * 2048 + 1]: mark,
    [19 * 2048 + 1]: 'TEA01',
  });

/** It sees raw bytes, of more than the volume. */
const HYBRID: Acceptance = { ...ISO, unlikeQemu: 'it sees raw bytes' };
const UDF_BRIDGE: Acceptance = { ...ISO, subformat: 'udf', virtualSize: 400 * 2048 };
const hybrid = (): Buffer => hybridIso().iso;

/** The front of a GPT disk whose partition goes on to its end, over a volume. */
function hybridByGpt(bytes: number): Buffer {
  const front = emptyGptDisk(bytes + 2 ** 25).readNow(0, 32768);
  return Buffer.concat([front, isoBytes.subarray(32768)]);
}

const udfOnly = (): Buffer =>
  patched(Buffer.alloc(isoBytes.length), {
    [16 * 2048 + 1]: 'BEA01',
    [17 * 2048 + 1]: 'NSR02',
    [18 * 2048 + 1]: 'TEA01',
  });

export const iso: CorpusGroup = {
  title: 'An ISO image',
  entries: [
    accepted('of ISO 9660', ISO, () => isoBytes),
    ...['NSR02', 'NSR03'].map((mark) =>
      // What lies past the place of the anchor is not missed where there is none.
      accepted(
        `with UDF beside (${mark})`,
        { ...UDF_BRIDGE, virtualSize: (ANCHOR + 1) * 2048, unnoticedBytes: 2048 - 512 },
        () => bridge(mark),
      ),
    ),
    accepted('with UDF beside, as Windows is delivered', UDF_BRIDGE, () => udfBridge()),
    refused('with UDF beside, cut in its UDF partition', 'truncated', () => udfBridge().subarray(0, -2048)),
    refused('with UDF beside, cut before its anchor', 'truncated', () => udfBridge().subarray(0, ANCHOR * 2048)),
    refused('with UDF beside, cut behind its ISO 9660 volume', 'truncated', () => udfBridge().subarray(0, 30 * 2048)),
    accepted('with something appended', { ...ISO, unnoticedBytes: 4096, unlikeQemu: 'it sees raw bytes' }, () =>
      Buffer.concat([isoBytes, Buffer.alloc(4096)]),
    ),
    accepted('of 8 GiB', { ...ISO, virtualSize: 8 * GIB }, () =>
      SparseFile.of(patched(isoBytes, { 32848: both32((8 * GIB) / 2048) })).resized(8 * GIB),
    ),
    accepted('with sectors of 512 bytes', ISO, () =>
      patched(isoBytes, { 32848: both32(isoBytes.length / 512), 32896: both16(512) }),
    ),
    accepted('without the other byte order of its size', ISO, () =>
      patched(isoBytes, { 32852: u32be(0), 32898: [0, 0] }),
    ),
    accepted('with an MBR for USB sticks', ISO, () => forUsbSticks),
    accepted('with a GPT for USB sticks', ISO, () =>
      Buffer.concat([emptyGptDisk(isoBytes.length).readNow(0, 1024), isoBytes.subarray(1024)]),
    ),
    accepted('called disk.img', ISO, () => isoBytes, { fileName: 'disk.img' }),
    accepted('with a boot catalog', ISO, () => bootableIso()),
    accepted('with a partition for UEFI behind its volume', HYBRID, () => hybrid()),
    accepted('with an MBR that rounds its partition up to whole cylinders', ISO, () =>
      patched(forUsbSticks, { 446: mbrEntry(0x17, 64, 16065) }),
    ),
    refused('with a partition for UEFI that is cut off', 'truncated', () => hybrid().subarray(0, isoBytes.length)),
    refused('with a partition for UEFI that is cut', 'truncated', () => hybrid().subarray(0, -1)),
    refused('with a partition of a GPT that is cut off', 'truncated', () => hybridByGpt(isoBytes.length)),
    refused('with a boot image past the end', 'truncated', () => bootableIso({ image: VOLUME_SECTORS })),
    refused('with a boot catalog past the end', 'truncated', () => bootableIso({ catalog: VOLUME_SECTORS })),
    refused('of UDF without ISO 9660', 'unsupported-variant', () => udfOnly()),
    refused('of UDF without ISO 9660, said to be raw', 'unsupported-variant', () => udfOnly(), {
      claimedFormat: 'raw',
    }),
    ...badIso.map(([name, changes, code]) => refused(name, code, () => patched(isoBytes, changes))),
    refused('for USB sticks cut behind its MBR, by its name', 'truncated', () => forUsbSticks.subarray(0, 513), {
      fileName: 'linux/netinst.ISO',
    }),
    refused(
      'for USB sticks cut in the signature of its volume, by its name',
      'truncated',
      () => forUsbSticks.subarray(0, 32773),
      { fileName: 'netinst.iso' },
    ),
    refused('cut in its volume descriptor', 'truncated', () => isoBytes.subarray(0, 32800)),
    refused('cut in its last sector', 'truncated', () => isoBytes.subarray(0, -1)),
    refused('that is said to be raw', 'wrong-format', () => isoBytes, { claimedFormat: 'raw' }),
  ],
};
