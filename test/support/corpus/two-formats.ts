import { emptyGptDisk } from '../images/gpt.ts';
import { isoImage } from '../images/iso.ts';
import { patched } from '../images/patched.ts';
import { qcowImage } from '../images/qcow.ts';
import { qcow2Image } from '../images/qcow2.ts';
import { qedImage } from '../images/qed.ts';
import { DISK } from '../images/samples.ts';
import { SparseFile } from '../images/sparse-file.ts';
import { vdiImage } from '../images/vdi.ts';
import { dynamicVhd, fixedVhd } from '../images/vhd.ts';
import { vhdxImage } from '../images/vhdx.ts';
import { monolithicSparseVmdk } from '../images/vmdk.ts';
import { zvhd2Image, zvhdImage } from '../images/zvhd.ts';
import { type CorpusEntry, type CorpusGroup, refused } from './entry.ts';

interface Mark {
  readonly name: string;
  /** Bytes that the mark lies on, counted from the end where negative. */
  readonly offset: number;
  readonly bytes: Buffer;
}

/** Sound images that are known by their first bytes. */
const images: [name: string, build: () => Buffer][] = [
  ['a qcow2 image', () => qcow2Image(DISK)],
  ['a qcow image', () => qcowImage(DISK)],
  ['a QED image', () => qedImage(DISK)],
  ['a VMDK image', () => monolithicSparseVmdk(DISK)],
  ['a dynamic VHD', () => dynamicVhd(DISK)],
  ['a VHDX image', () => vhdxImage(DISK)],
  ['a ZVHD image', () => zvhdImage(DISK)],
  ['a ZVHD2 image', () => zvhd2Image(DISK)],
];

const gpt = (sectorBytes: number): Buffer => emptyGptDisk(2 ** 20, { sectorBytes }).readNow(sectorBytes, 92);

/** What another format is known by, further on in the file. */
const marks: Mark[] = [
  { name: 'a VDI image', offset: 64, bytes: Buffer.from([0x7f, 0x10, 0xda, 0xbe]) },
  { name: 'an ISO', offset: 32768, bytes: isoImage(DISK).subarray(32768, 34816) },
  { name: 'a fixed VHD', offset: -512, bytes: fixedVhd(DISK).subarray(-512) },
  { name: 'a disk with an MBR', offset: 446, bytes: DISK.subarray(446, 512) },
  { name: 'a disk with a GPT', offset: 512, bytes: gpt(512) },
  { name: 'a disk with a GPT in sectors of 4096 bytes', offset: 4096, bytes: gpt(4096) },
  { name: 'a tar archive', offset: 257, bytes: Buffer.from('ustar\x0000') },
  { name: 'an Apple disk image', offset: -512, bytes: Buffer.from('koly') },
];

function marked(image: Buffer, { offset, bytes }: Mark): SparseFile {
  // Room for a mark that lies far behind, where the image is small.
  const file = SparseFile.of(image).resized(Math.max(image.length, 40960));
  return file.patched(offset < 0 ? file.size + offset : offset, bytes);
}

/** A dynamic VHD has a footer at its end as it is. */
const isPair = (name: string, mark: Mark): boolean => !(name === 'a dynamic VHD' && mark.name === 'a fixed VHD');

const pairs: CorpusEntry[] = images.flatMap(([name, build]) =>
  marks
    .filter((mark) => isPair(name, mark))
    .map((mark) => refused(`${name} and ${mark.name}`, 'two-formats', () => marked(build(), mark))),
);

const iso = isoImage(DISK);
const vdi = vdiImage(DISK);
const LUKS = { 0: [0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe] };
const GZIP = { 0: [0x1f, 0x8b, 8] };

const others: [name: string, build: () => Buffer][] = [
  ['a VDI image and an ISO', () => patched(vdi, { 32768: '\x01CD001' })],
  ['a VDI image and a fixed VHD', () => fixedVhd(vdi)],
  ['a VDI image and a disk with a GPT', () => patched(vdi, { 512: 'EFI PART' })],
  ['an ISO and a fixed VHD', () => fixedVhd(iso)],
  ['an ISO and a VMDK image', () => patched(iso, { 0: 'KDMV' })],
  ['an ISO and a VMDK descriptor', () => patched(iso, { 0: '# Disk DescriptorFile\nversion=1\n' })],
  ['an ISO and a zip file', () => patched(iso, { 0: 'PK\x03\x04' })],
  ['an ISO and a gzip file', () => patched(iso, GZIP)],
  ['an ISO and a LUKS volume', () => patched(iso, LUKS)],
  ['an ISO and a VHDX image', () => patched(iso, { 0: 'vhdxfile' })],
  ['a fixed VHD and a qcow2 image, which is the disk that it holds', () => fixedVhd(qcow2Image(DISK))],
  ['a fixed VHD and a VMDK image, which is the disk that it holds', () => fixedVhd(monolithicSparseVmdk(DISK))],
  ['a fixed VHD and a LUKS volume', () => fixedVhd(patched(DISK, LUKS))],
  ['a fixed VHD and a gzip file', () => fixedVhd(patched(DISK, GZIP))],
  ['a fixed VHD and a Parallels disk', () => fixedVhd(patched(DISK, { 0: 'WithoutFreeSpace' }))],
];

export const twoFormats: CorpusGroup = {
  title: 'A file that is two things at once,',
  entries: [
    ...pairs,
    ...others.map(([name, build]) => refused(name, 'two-formats', build)),
    refused('a disk with a GPT and a qcow2 image, said to be raw', 'two-formats', () => qcow2OverGpt(), {
      claimedFormat: 'raw',
    }),
    refused('a disk with an MBR and a VMDK descriptor, called disk.raw', 'two-formats', () => descriptorOverMbr(), {
      fileName: 'disk.raw',
    }),
  ],
};

/** The whole of a sound GPT, with the first 104 bytes of a qcow2 image where a boot loader would be. */
function qcow2OverGpt(): SparseFile {
  return emptyGptDisk(2 ** 20).patched(0, qcow2Image(DISK).subarray(0, 104));
}

function descriptorOverMbr(): Buffer {
  return patched(DISK, {
    0: '# Disk DescriptorFile\nversion=1\ncreateType="monolithicFlat"\nRW 1 FLAT "/etc/passwd" 0\n',
  });
}
