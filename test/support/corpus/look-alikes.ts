import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { ErrorCode } from '../../../lambda/model/errors.ts';
import { patched, u32le } from '../images/patched.ts';
import { DISK } from '../images/samples.ts';
import { tarOfVersion7 } from '../images/tar.ts';
import { type CorpusGroup, refused } from './entry.ts';

/** A file that begins so, of the size of a disk. */
const beginning = (bytes: readonly number[] | string): Buffer => patched(Buffer.alloc(8192), { 0: bytes });
/** The same with a partition table, which a compressed file cannot have by chance. */
const overMbr = (bytes: readonly number[] | string): Buffer => patched(DISK, { 0: bytes });
const tar = (name: string, mark = 'ustar\x0000'): Buffer => patched(Buffer.alloc(10240), { 0: name, 257: mark });
const NO_SIZE = [255, 255, 255, 255, 255, 255, 255, 255];
const text = (words: string): Buffer => Buffer.from(words.padEnd(1024, '\n'));
const LUKS = [0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe];
const LUKS2_SECOND_HEADER = [0x53, 0x4b, 0x55, 0x4c, 0xba, 0xbe];

const files: [name: string, code: ErrorCode, file: () => Buffer][] = [
  ['LUKS version 1', 'encrypted', () => beginning([...LUKS, 0, 1])],
  ['LUKS version 2', 'encrypted', () => beginning([...LUKS, 0, 2])],
  ['LUKS version 2 by its second header alone', 'encrypted', () => beginning([...LUKS2_SECOND_HEADER, 0, 2])],
  ['LUKS over a partition table', 'encrypted', () => overMbr(LUKS)],
  ['gzip', 'compressed', () => gzipSync(DISK)],
  ['gzip over a partition table', 'compressed', () => overMbr([0x1f, 0x8b, 8])],
  ['Zstandard', 'compressed', () => zstdCompressSync(DISK)],
  ['xz', 'compressed', () => beginning([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])],
  ['zip', 'compressed', () => beginning('PK\x03\x04')],
  ['an empty zip', 'compressed', () => beginning('PK\x05\x06')],
  ['a spanned zip', 'compressed', () => beginning('PK\x07\x08')],
  ['bzip2', 'compressed', () => beginning('BZh91AY&SY')],
  ['7z', 'compressed', () => beginning([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c])],
  ['lz4', 'compressed', () => beginning([0x04, 0x22, 0x4d, 0x18])],
  ['lz4 of the legacy kind', 'compressed', () => beginning([0x02, 0x21, 0x4c, 0x18])],
  ['lzma alone', 'compressed', () => beginning([0x5d, 0, 0, 0x80, 0, ...NO_SIZE, 0, 0x19, 0x35])],
  ['lzma alone, of a size', 'compressed', () => beginning([0x5d, 0, 0, 4, 0, ...u32le(2 ** 24), ...u32le(0), 0, 1])],
  ['lzo', 'compressed', () => beginning([0x89, 0x4c, 0x5a, 0x4f, 0, 0x0d, 0x0a, 0x1a, 0x0a])],
  ['compress (.Z)', 'compressed', () => beginning([0x1f, 0x9d, 0x90])],
  ['Zstandard behind a frame to skip', 'compressed', () => beginning([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0])],
  ['an ar archive (a package of Debian)', 'compressed', () => beginning('!<arch>\ndebian-binary')],
  ['a thin ar archive', 'compressed', () => beginning('!<thin>\n')],
  ['a cabinet file', 'compressed', () => beginning('MSCF\0\0\0\0')],
  ['a tar archive of Version 7', 'compressed', () => tarOfVersion7('rb')],
  ['a tar archive of Version 7 with a sum of signed bytes', 'compressed', () => tarOfVersion7('gr\xfcn', 'signed')],
  ['a Proxmox backup archive (VMA)', 'not-a-disk-image', () => beginning([0x56, 0x4d, 0x41, 0, 0, 0, 0, 1])],
  ['an EnCase image (E01)', 'unsupported-variant', () => beginning('EVF\x09\x0d\x0a\xff\x00\x01')],
  ['a full flash update (FFU)', 'unsupported-variant', () => beginning('\x20\0\0\0SignedImage ')],
  ['a Partclone image', 'unsupported-variant', () => beginning('partclone-image\x000.3')],
  ['lzip', 'compressed', () => beginning('LZIP\x01')],
  ['RAR 4', 'compressed', () => beginning('Rar!\x1a\x07\x00')],
  ['RAR 5', 'compressed', () => beginning('Rar!\x1a\x07\x01\x00')],
  ['a tar archive', 'compressed', () => tar('disk.raw')],
  ['a tar archive of GNU tar', 'compressed', () => tar('disk.raw', 'ustar  \0')],
  ['a tar archive with a partition table in it', 'compressed', () => overMbr('disk.raw').fill('ustar\x0000', 257, 265)],
  ['an OVA', 'compressed', () => tar('machine.ovf')],
  ['an OVA in capitals', 'compressed', () => tar('MACHINE.OVF')],
  ['a cpio archive (an initramfs)', 'not-a-disk-image', () => beginning('070701')],
  ['a cpio archive with checksums', 'not-a-disk-image', () => beginning('070702')],
  ['a WIM archive', 'not-a-disk-image', () => beginning('MSWIM\0\0\0')],
  ['an ELF program', 'not-a-disk-image', () => beginning('\x7fELF')],
  ['a Parallels disk', 'unsupported-variant', () => beginning('WithoutFreeSpace')],
  ['a Parallels disk of the extended kind', 'unsupported-variant', () => beginning('WithouFreSpacExt')],
  ['a Bochs disk', 'unsupported-variant', () => beginning('Bochs Virtual HD Image')],
  ['a Bochs disk of the sparse kind', 'unsupported-variant', () => beginning([0xce, 0x8a, 0x46, 0x02])],
  ['an Apple disk image (UDIF)', 'unsupported-variant', () => patched(Buffer.alloc(8192), { 7680: 'koly' })],
  ['an Android sparse image', 'unsupported-variant', () => beginning([0x3a, 0xff, 0x26, 0xed])],
  ['a web page', 'not-a-disk-image', () => text('<!DOCTYPE html><html><body>404 Not Found</body></html>')],
  [
    'an XML error message',
    'not-a-disk-image',
    () => text('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'),
  ],
  ['a JSON error message', 'not-a-disk-image', () => text('{"error": {"code": 401, "title": "Unauthorized"}}')],
  ['a checksum file', 'not-a-disk-image', () => text(`${'0123456789abcdef'.repeat(4)}  disk.img`)],
  ['an OVF file', 'not-a-disk-image', () => text('<?xml version="1.0"?>\n<Envelope ovf:version="1.0"></Envelope>')],
  ['a VirtualBox machine', 'not-a-disk-image', () => text('<?xml version="1.0"?>\n<VirtualBox version="1.19"/>')],
  ['a pointer of Git LFS', 'not-a-disk-image', () => text('version https://git-lfs.github.com/spec/v1\noid sha256:00')],
  ['text in UTF-8', 'not-a-disk-image', () => text('Grüße, “world”')],
  ['text in UTF-8 with its mark', 'not-a-disk-image', () => text('\ufeffGrüße')],
  [
    'text in UTF-16, low byte first',
    'not-a-disk-image',
    () => Buffer.from('\ufeffhello world, '.repeat(32), 'utf16le'),
  ],
  [
    'text in UTF-16, high byte first',
    'not-a-disk-image',
    () => Buffer.from('\ufeffhello world, '.repeat(32), 'utf16le').swap16(),
  ],
  ['100 KiB of text', 'not-a-disk-image', () => Buffer.from('line of a log\n'.repeat(7315))],
  ['a single byte of text', 'not-a-disk-image', () => Buffer.from('x')],
];

/** What bears no mark of its own is no disk either, unless the user says so. */
const unknowns: [name: string, file: () => Buffer][] = [
  ['a stream of zlib', () => deflateSync(DISK)],
  ['a single zero byte', () => Buffer.alloc(1)],
  ['bytes without any order', () => Buffer.from(Array.from({ length: 8192 }, (_, index) => (index * index * 31) >> 3))],
  ['a picture', () => beginning([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])],
  ['a PDF', () => Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.from(u32le(0x93e2e325)), Buffer.alloc(512)])],
];

export const lookAlikes: CorpusGroup = {
  title: 'A file called disk.img that is',
  entries: files.map(([name, code, file]) => refused(name, code, file, { fileName: 'disk.img' })),
};

export const lookAlikesSaidToBeRaw: CorpusGroup = {
  title: 'A file that is said to be raw and is',
  entries: files.map(([name, code, file]) => refused(name, code, file, { claimedFormat: 'raw' })),
};

export const unknownFiles: CorpusGroup = {
  title: 'A file of which nothing is said and that is',
  entries: unknowns.map(([name, file]) => refused(name, 'not-a-disk-image', file)),
};
