import type { ErrorCode } from '../../../lambda/model/errors.ts';
import { patched, u32le, u64le } from '../images/patched.ts';
import { DISK } from '../images/samples.ts';
import { frontStreamVmdk, monolithicSparseVmdk, streamOptimizedVmdk, vmdkDescriptor } from '../images/vmdk.ts';
import { type Acceptance, accepted, type CorpusGroup, refused } from './entry.ts';

const GRAIN = 65536;
const sparse = monolithicSparseVmdk(DISK);
const stream = streamOptimizedVmdk(DISK);
const frontStream = frontStreamVmdk(DISK);
const DIRECTORY = 21 * 512;
const TABLE = 22 * 512;
/** Where the last grain begins. */
const lastGrain = sparse.length - GRAIN;
const lastPacked = frontStream.readUInt32LE(TABLE + 2 * 4) * 512;
const footer = stream.length - 1024;
const SECTORS = DISK.length / 512;
const GIB = 1024 ** 3;
const sound = vmdkDescriptor('monolithicSparse', SECTORS);
const EXTENT = `RW ${SECTORS} SPARSE "disk.vmdk"`;
const withExtent = (line: string): string => sound.replace(EXTENT, line);
const withLine = (line: string): string => `${sound}${line}\n`;
const described = (descriptor: string) => () => monolithicSparseVmdk(DISK, { descriptor });

type Changes = Readonly<Record<number, readonly number[] | string>>;
/** What fills up the last grain is not missed. */
const SPARSE: Acceptance = {
  format: 'vmdk',
  subformat: 'monolithicSparse',
  virtualSize: DISK.length,
  unnoticedBytes: GRAIN - (DISK.length % GRAIN),
};
const STREAM: Acceptance = { format: 'vmdk', subformat: 'streamOptimized', virtualSize: DISK.length };
/** What fills up the last sector is not missed. */
const FRONT_STREAM: Acceptance = {
  ...STREAM,
  unnoticedBytes: frontStream.length - lastPacked - 12 - frontStream.readUInt32LE(lastPacked + 8),
};

const soundDescriptors: [name: string, descriptor: string][] = [
  ['with the newlines of Windows', sound.replaceAll('\n', '\r\n')],
  ['with a parentCID in capitals', sound.replace('ffffffff', 'FFFFFFFF')],
  ['with an extent in a comment', withLine('# RW 1 FLAT "x"')],
  ['with an extent whose name has blanks', withExtent(`RW ${SECTORS} SPARSE "my disk (1).vmdk"`)],
  ['of descriptor version 3', sound.replace('version=1', 'version=3')],
  ['with a content ID of one digit', sound.replace('2af1c3d4', '0')],
  ['with a content ID in capitals', sound.replace('2af1c3d4', 'FFFFFFFE')],
  // QEMU writes the content ID anew without clearing what the longer text has left behind.
  ['whose content ID had 2 digits more before', `${sound}\0${sound.slice(-1)}`],
  ['whose content ID had 7 digits more before', `${sound}\0${sound.slice(-6)}`],
  ['whose content ID had 7, then 4 digits more before', `${sound}\0${sound.slice(-3)}\0${sound.slice(-2)}`],
  [
    'with a read-only extent of another name (vSphere, VirtualBox)',
    withExtent(`RDONLY ${SECTORS} SPARSE "generated-stream.vmdk"`),
  ],
  ['with an extent without access', withExtent(`NOACCESS ${SECTORS} SPARSE "disk.vmdk"`)],
  ['with an extent without a name (mkimg)', withExtent(`RW ${SECTORS} SPARSE ""`)],
  ['with an extent whose name is a URL', withExtent(`RW ${SECTORS} SPARSE "nbd:localhost:10809"`)],
  ['with an extent whose name is that of a folder', withExtent(`RW ${SECTORS} SPARSE ".."`)],
  ['with an extent whose name has a drive', withExtent(`RW ${SECTORS} SPARSE "C:disk.vmdk"`)],
  ['with a decimal content ID (Xen Orchestra)', sound.replace('2af1c3d4', '3841617148')],
  ['with a content ID of -1', sound.replace('2af1c3d4', '-1')],
  ['without a content ID', sound.replace(/^CID.*\n/m, '')],
  ['with a content ID of +12', sound.replace('2af1c3d4', '+12')],
  ['with an extent in small letters', withExtent(`rw ${SECTORS} sparse "disk.vmdk"`)],
  ['with a type in small letters', sound.replace('createType="monolithicSparse"', 'createtype="monolithicsparse"')],
  ['with an extent whose name has no quotes', withExtent(`RW ${SECTORS} SPARSE my disk.vmdk`)],
  ['with an extent whose name has a quote in it', withExtent(`RW ${SECTORS} SPARSE "my "own" disk.vmdk"`)],
  ['with an extent without any name', withExtent(`RW ${SECTORS} SPARSE`)],
  ['with the content ID of no parent as a number', sound.replace('ffffffff', '4294967295')],
  ['with the content ID of no parent as a number with a sign', sound.replace('ffffffff', '-1')],
  ['with the content ID of no parent in capitals', sound.replace('ffffffff', 'FFFFFFFF')],
  ['with the file of changed areas', withLine('changeTrackPath="disk-ctk.vmdk"')],
  ['with a comment that speaks of its keys', withLine('# parentCID and createType are above')],
  ['with an entry of its disk data base twice', withLine('ddb.adapterType = "lsilogic"')],
  ['with its encoding and a content ID', withLine('encoding="windows-1252"\nddb.longContentID = "0123"')],
];

/** What Glance's own reading of the descriptor stops at. */
const descriptorsNotForGlance: [name: string, descriptor: string][] = [
  ['with a type without quotes (old ovftool)', sound.replace('"monolithicSparse"', 'monolithicSparse')],
  ['with blanks around its keys', sound.replace('version=1', ' version = 1 ')],
  ['with tabs in its extent', withExtent(EXTENT.replaceAll(' ', '\t'))],
  ['with an extent whose name is UTF-8', withExtent(`RW ${SECTORS} SPARSE "d\xc3\xafsk.vmdk"`)],
  ['with a comment of its user in UTF-8', withLine('ddb.comment = "\xc3\xa4"')],
];

const descriptorsNotForQemu: [name: string, descriptor: string][] = [
  ['with a content ID of no digits', sound.replace('2af1c3d4', '')],
  ['with a content ID in quotes', sound.replace('2af1c3d4', '"2af1c3d4"')],
  ['with all of its descriptor in small letters', sound.toLowerCase()],
  ['without the content ID of a parent', sound.replace(/^parentCID.*\n/m, '')],
  ['with the content ID of no parent in quotes', sound.replace('ffffffff', '"ffffffff"')],
];

const badHeaders: [name: string, changes: Changes, code: ErrorCode][] = [
  ['of version 0', { 4: u32le(0) }, 'unsupported-variant'],
  ['of version 4', { 4: u32le(4) }, 'unsupported-variant'],
  ['with unknown compression', { 77: [2, 0] }, 'unsupported-variant'],
  ['of the old ESX kind (COWD)', { 0: 'COWD' }, 'unsupported-variant'],
  ['of the seSparse kind', { 0: [0xbe, 0xba, 0xfe, 0xca, 0, 0, 0, 0] }, 'unsupported-variant'],
  ['without a descriptor', { 28: u64le(0), 36: u64le(0) }, 'unsupported-variant'],
  ['with its descriptor elsewhere', { 28: u64le(2) }, 'unsupported-variant'],
  ['with a capacity of 0', { 12: u64le(0) }, 'unsafe-extent'],
  ['that was transferred as text', { 73: '\n \n\n' }, 'corrupt-header'],
  ['compressed, but not by its type', { 77: [1, 0] }, 'corrupt-header'],
  ['with a capacity of 2^50 sectors', { 12: u64le(2 ** 50) }, 'corrupt-header'],
  ['with a capacity of 2^64 - 1 sectors', { 12: u64le(2n ** 64n - 1n) }, 'corrupt-header'],
  ['with grains of 0 sectors', { 20: u64le(0) }, 'corrupt-header'],
  ['with grains of 7 sectors', { 20: u64le(7) }, 'corrupt-header'],
  ['with grains of 8 sectors', { 20: u64le(8) }, 'corrupt-header'],
  ['with grains of 2 GiB', { 20: u64le(2 ** 22) }, 'corrupt-header'],
  ['with tables of 0 entries', { 44: u32le(0) }, 'corrupt-header'],
  ['with tables of 513 entries', { 44: u32le(513) }, 'corrupt-header'],
  ['with a descriptor of 0 sectors', { 36: u64le(0) }, 'corrupt-header'],
  ['with a descriptor of 1 MiB', { 36: u64le(2048) }, 'corrupt-header'],
  ['with a descriptor behind its descriptor', { 10000: 'createType="monolithicFlat"' }, 'corrupt-header'],
  ['without a grain directory', { 56: u64le(0) }, 'corrupt-header'],
  ['with its grain directory over its descriptor', { 56: u64le(1) }, 'corrupt-header'],
  ['with its grain directory at the end of its descriptor', { 56: u64le(20) }, 'corrupt-header'],
  ['with a grain table in its descriptor', { [DIRECTORY]: u32le(20) }, 'corrupt-header'],
  ['with a grain in its descriptor', { [TABLE + 8]: u32le(1) }, 'corrupt-header'],
  ['with a grain table past the end', { [DIRECTORY]: u32le(512 - 3) }, 'truncated'],
  ['with a grain past the end', { [TABLE + 4]: u32le(sparse.length / 512 - 127) }, 'truncated'],
  ['with a grain directory past the end', { 56: u64le(512) }, 'truncated'],
  ['with its data past the end', { 64: u64le(513) }, 'truncated'],
  ['with a footer announced that is not there', { 56: u64le(2n ** 64n - 1n) }, 'truncated'],
];

/** The types whose data are in other files or devices (VMware, Virtual Disk Format 5.0, "createType"). */
const TYPES_OF_MANY_FILES = [
  'monolithicFlat',
  'twoGbMaxExtentSparse',
  'twoGbMaxExtentFlat',
  'fullDevice',
  'partitionedDevice',
  'vmfs',
  'vmfsPreallocated',
  'vmfsEagerZeroedThick',
  'vmfsSparse',
  'vmfsThin',
  'vmfsRaw',
  'vmfsRawDeviceMap',
  'vmfsPassthroughRawDeviceMap',
  'custom',
];

const badExtents: [name: string, line: string][] = [
  ['a flat extent', `RW ${SECTORS} FLAT "disk-flat.vmdk" 0`],
  ['a VMFS extent', `RW ${SECTORS} VMFS "disk-flat.vmdk"`],
  ['a zero extent', `RW ${SECTORS} ZERO`],
  ['an extent with an absolute path', `RW ${SECTORS} SPARSE "/etc/passwd"`],
  ['an extent in another folder', `RW ${SECTORS} SPARSE "../other/disk.vmdk"`],
  ['an extent with a Windows path', `RW ${SECTORS} SPARSE "..\\disk.vmdk"`],
  ['an extent whose path has no quotes', `RW ${SECTORS} SPARSE ../disk.vmdk`],
  ['an extent whose size is no number', 'RW all SPARSE "disk.vmdk"'],
  ['an extent whose size is negative', 'RW -1 SPARSE "disk.vmdk"'],
  ['an extent whose name has no end', `RW ${SECTORS} SPARSE "disk.vmdk`],
  ['an extent with an offset', `RW ${SECTORS} SPARSE "disk.vmdk" 128`],
  ['no extent', ''],
  ['two extents', `${EXTENT}\n${EXTENT}`],
  ['a second extent, which is flat', `${EXTENT}\n  RW 300 FLAT "/dev/sda" 0`],
];

const badDescriptors: [name: string, descriptor: string, code: ErrorCode][] = [
  ['of the streamOptimized type, but not compressed', vmdkDescriptor('streamOptimized', SECTORS), 'corrupt-header'],
  ['without a type', sound.replace(/createType.*\n/, ''), 'corrupt-header'],
  ['with two types', withLine('createType="monolithicFlat"'), 'corrupt-header'],
  ['with two types in different case', withLine('CREATETYPE="monolithicFlat"'), 'corrupt-header'],
  ['with a second type in a comment', withLine('# createType="monolithicFlat"'), 'corrupt-header'],
  ['with a content ID twice in different case', withLine('cid=00000000'), 'corrupt-header'],
  ['without a version', sound.replace('version=1\n', ''), 'corrupt-header'],
  ['of descriptor version 9', sound.replace('version=1', 'version=9'), 'unsupported-variant'],
  ['with a content ID that is no number', sound.replace('2af1c3d4', 'none'), 'corrupt-header'],
  ['with the file of changed areas elsewhere', withLine('changeTrackPath="/etc/passwd"'), 'unsafe-extent'],
  ['with 7 characters of its end behind its end', `${sound}\0${sound.slice(-7)}`, 'corrupt-header'],
  ['with the end of another text behind its end', `${sound}\0"scsi"\n`, 'corrupt-header'],
  ['with a line behind its end', `${sound}\0a="b"\n`, 'corrupt-header'],
  ['with an extent behind a lone carriage return', withLine('# x\rRW 1 FLAT "/etc/passwd" 0'), 'corrupt-header'],
  ['with a lone carriage return at its end', `${sound}\r`, 'corrupt-header'],
  ['with a line that makes no sense', withLine('include other.vmdk'), 'corrupt-header'],
  ['with more than ASCII in its descriptor', withLine('# \xe4'), 'corrupt-header'],
  ['with an escape sequence in its descriptor', withLine('# \x1b[2K'), 'corrupt-header'],
  ['with a descriptor that fills its area', withLine('#'.repeat(10240 - 1 - sound.length)), 'corrupt-header'],
  ['with an empty descriptor, as a part of a split disk', '', 'unsupported-variant'],
  ['with the content ID of a parent', sound.replace('ffffffff', '2af1c3d4'), 'parent-image'],
  ['with the file of a parent', withLine('parentFileNameHint="/etc/passwd"'), 'parent-image'],
  ['with the file of a parent in a comment', withLine('#PARENTFILENAMEHINT="base.vmdk"'), 'parent-image'],
  ['with the content ID of a second parent in a comment', withLine('#parentCID=2af1c3d4'), 'corrupt-header'],
];

const badFooters: [name: string, changes: Changes, code: ErrorCode][] = [
  ['whose footer has a capacity of 0', { [footer + 12]: u64le(0) }, 'corrupt-header'],
  ['whose footer has another capacity', { [footer + 12]: u64le(2 * SECTORS) }, 'corrupt-header'],
  ['whose footer has other grains', { [footer + 20]: u64le(256) }, 'corrupt-header'],
  ['whose footer has its descriptor elsewhere', { [footer + 28]: u64le(5) }, 'corrupt-header'],
  ['whose footer has a longer descriptor', { [footer + 36]: u64le(21) }, 'corrupt-header'],
  ['whose footer has another version', { [footer + 4]: u32le(1) }, 'corrupt-header'],
  ['whose footer says that it is not compressed', { [footer + 77]: [0, 0] }, 'corrupt-header'],
  ['whose footer points to a footer', { [footer + 56]: u64le(2n ** 64n - 1n) }, 'corrupt-header'],
  ['whose footer has no grain directory', { [footer + 56]: u64le(0) }, 'corrupt-header'],
  ['whose footer has its grain directory past the end', { [footer + 56]: u64le(10_000) }, 'truncated'],
  ['without its footer marker', { [footer - 512 + 12]: [2] }, 'truncated'],
  ['without its footer', { [footer]: 'gone' }, 'truncated'],
  ['without its end-of-stream marker', { [footer + 600]: [1] }, 'truncated'],
];

const badStreams: [name: string, changes: Changes, code: ErrorCode][] = [
  ['with a grain past the end', { [TABLE + 8]: u32le(frontStream.length / 512) }, 'truncated'],
  ['with a grain that goes on past the end', { [lastPacked + 8]: u32le(GRAIN) }, 'truncated'],
  ['with a grain of no bytes', { [lastPacked + 8]: u32le(0) }, 'corrupt-header'],
  ['with a grain of more than two grains', { [lastPacked + 8]: u32le(2 * GRAIN + 1) }, 'corrupt-header'],
];

/** QEMU rounds the size up to sectors before it looks for the footer; what it finds there says 1 TiB. */
function withLaterFooter(): Buffer {
  const restBytes = 400;
  const trailer = stream.subarray(-1536);
  const later = patched(trailer, { [512 + 12]: u64le(2 ** 31) });
  const both = Buffer.from(trailer);
  later.copy(both, 512 - restBytes, 0, 16);
  later.copy(both, 1024 - restBytes, 512, 592);
  return Buffer.concat([stream.subarray(0, -1536), Buffer.alloc(restBytes), both]);
}

export const vmdk: CorpusGroup = {
  title: 'A VMDK image',
  entries: [
    accepted('of the monolithicSparse type', SPARSE, () => sparse),
    accepted('of the streamOptimized type', STREAM, () => stream),
    // Behind the one entry of its grain directory nothing is looked at: the rest of its sector and three more.
    accepted(
      'of the streamOptimized type whose header names its grain directory',
      { ...STREAM, unnoticedBytes: 508 + 1536 },
      () => patched(stream, { 56: [...stream.subarray(footer + 56, footer + 64)] }),
    ),
    ...[2, 3].map((version) => accepted(`of version ${version}`, SPARSE, () => patched(sparse, { 4: u32le(version) }))),
    accepted('of the streamOptimized type with its tables at the front', FRONT_STREAM, () => frontStream),
    accepted('with grains of 8 KiB', { ...SPARSE, unnoticedBytes: GRAIN - 8192 }, () =>
      patched(sparse, { 20: u64le(16) }),
    ),
    // Its last grain is not the disk's.
    accepted(
      'of 4 GiB, the most for its one sector of grain directory',
      { ...SPARSE, virtualSize: 4 * GIB, unnoticedBytes: 0 },
      () => patched(sparse, { 12: u64le((4 * GIB) / 512) }),
    ),
    accepted('that was not closed cleanly', { ...SPARSE, warning: 'not closed cleanly' }, () =>
      patched(sparse, { 72: [1] }),
    ),
    ...soundDescriptors.map(([name, descriptor]) => accepted(name, SPARSE, described(descriptor))),
    ...descriptorsNotForGlance.map(([name, descriptor]) =>
      accepted(name, { ...SPARSE, warning: 'Glance refuses' }, described(descriptor)),
    ),
    ...descriptorsNotForQemu.map(([name, descriptor]) =>
      accepted(
        name,
        { ...SPARSE, warning: 'qemu-img does not open', unlikeQemu: 'it wants a number behind both words' },
        described(descriptor),
      ),
    ),
    ...badHeaders.map(([name, changes, code]) => refused(name, code, () => patched(sparse, changes))),
    ...TYPES_OF_MANY_FILES.map((createType) =>
      refused(`of the ${createType} type`, 'unsafe-extent', described(vmdkDescriptor(createType, SECTORS))),
    ),
    ...badExtents.map(([name, line]) => refused(`with ${name}`, 'unsafe-extent', described(withExtent(line)))),
    ...badDescriptors.map(([name, descriptor, code]) => refused(name, code, described(descriptor))),
    ...badFooters.map(([name, changes, code]) =>
      refused(`of the streamOptimized type ${name}`, code, () => patched(stream, changes)),
    ),
    refused('cut in its header', 'truncated', () => sparse.subarray(0, 78)),
    refused('cut in its descriptor', 'truncated', () => sparse.subarray(0, 1024)),
    refused('cut in its grain tables', 'truncated', () => sparse.subarray(0, 21 * 512 + 600)),
    refused('cut to its first half', 'truncated', () => sparse.subarray(0, sparse.length / 2)),
    refused('cut before its last grain', 'truncated', () => sparse.subarray(0, lastGrain)),
    refused('cut in its last grain', 'truncated', () => sparse.subarray(0, lastGrain + (DISK.length % GRAIN) - 1)),
    refused('of the streamOptimized type with a second footer for readers that round up', 'corrupt-header', () =>
      withLaterFooter(),
    ),
    ...badStreams.map(([name, changes, code]) =>
      refused(`of the streamOptimized type with its tables at the front, ${name}`, code, () =>
        patched(frontStream, changes),
      ),
    ),
    refused('of the streamOptimized type with its tables at the front, cut to its first half', 'truncated', () =>
      frontStream.subarray(0, frontStream.length / 2),
    ),
    refused('of the streamOptimized type with its tables at the front, cut before its last grain', 'truncated', () =>
      frontStream.subarray(0, lastPacked),
    ),
    refused('of the streamOptimized type cut in its footer', 'truncated', () => stream.subarray(0, -513)),
    refused('of the streamOptimized type cut in its data', 'truncated', () => stream.subarray(0, 68000)),
  ],
};

const aloneInFile = (text: string) => () => Buffer.from(text, 'latin1');

const bareDescriptors: [name: string, text: string][] = [
  ['with its heading', sound],
  ['without its heading', sound.replace('# Disk DescriptorFile\n', '')],
  [
    'of a flat disk that is /etc/passwd',
    vmdkDescriptor('monolithicFlat', 1).replace('SPARSE "disk.vmdk"', 'FLAT "/etc/passwd" 0'),
  ],
  ['as QEMU knows it, without a type', '# a comment\n\nversion=1\nRW 300 FLAT "/etc/passwd" 0\n'],
  ['with its keys in capitals behind another', 'encoding="UTF-8"\nVERSION=1\nCREATETYPE="monolithicFlat"\n'],
  ['with the mark of UTF-8 before it', `\xef\xbb\xbf${sound}`],
  ['with the newlines of Windows', sound.replaceAll('\n', '\r\n')],
  ['with binary data behind it', `${sound}${'\0'.repeat(512)}\xff\xff`],
];

export const vmdkText: CorpusGroup = {
  title: 'A VMDK descriptor alone',
  entries: bareDescriptors.map(([name, text]) => refused(name, 'unsafe-extent', aloneInFile(text))),
};
