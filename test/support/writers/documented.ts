import { EFI_SYSTEM, gptStart } from '../images/partitioned.ts';
import { patched, u64le } from '../images/patched.ts';
import { DISK } from '../images/samples.ts';
import { tarOfVersion7 } from '../images/tar.ts';
import { vdiImage } from '../images/vdi.ts';
import { dynamicVhd, fixedVhd } from '../images/vhd.ts';
import { vhdxImage } from '../images/vhdx.ts';
import { monolithicSparseVmdk, streamOptimizedVmdk, vmdkDescriptor } from '../images/vmdk.ts';
import { zvhd2Image, zvhdImage } from '../images/zvhd.ts';

/** A program that does not run here: its file is built by what is published of its layout. */
export interface DocumentedWriter {
  readonly name: string;
  /** What sets its files apart. */
  readonly layout: string;
  readonly build: () => Buffer;
  /** "vmdk streamOptimized", or the code of the refusal. */
  readonly verdict: string;
  /** Words of the one warning. */
  readonly warning?: string;
}

const SECTORS = DISK.length / 512;
const EXTENT = `RW ${SECTORS} SPARSE "disk.vmdk"`;

type Changes = readonly (readonly [usual: string, instead: string])[];
type Kind = 'streamOptimized' | 'monolithicSparse';

function vmdk(name: string, layout: string, kind: Kind, changes: Changes): DocumentedWriter {
  const changed = (text: string, [usual, instead]: Changes[number]): string => text.replace(usual, instead);
  const descriptor = changes.reduce(changed, vmdkDescriptor(kind, SECTORS));
  const build = kind === 'streamOptimized' ? streamOptimizedVmdk : monolithicSparseVmdk;
  return { name, layout, build: () => build(DISK, { descriptor }), verdict: `vmdk ${kind}` };
}

/** Its header is written last, and as the footer: readers find the grain directory without that. */
function vmdktool(): Buffer {
  const descriptor = `# Disk DescriptorFile
version=1
CID=278f54ff
parentCID=ffffffff
createType="streamOptimized"

# Extent description
RDONLY ${SECTORS} SPARSE "generated-stream.vmdk"

#DDB
ddb.virtualHWVersion = "4"
ddb.adapterType = "lsilogic"
`;
  const image = streamOptimizedVmdk(DISK, { descriptor });
  const footer = image.length - 1024;
  const directory = image.readBigUInt64LE(footer + 56);
  return patched(image, { 36: u64le(1), 56: u64le(directory), [footer + 36]: u64le(1) });
}

const creator = (words: string) => ({ footer: (footer: Buffer) => void footer.write(words, 28, 'latin1') });

export const DOCUMENTED_WRITERS: readonly DocumentedWriter[] = [
  vmdk('vSphere export', '`RDONLY`, a name of its own', 'streamOptimized', [
    [EXTENT, `RDONLY ${SECTORS} SPARSE "generated-stream.vmdk"`],
    ['CID=2af1c3d4', 'CID=d5a0bce5'],
  ]),
  vmdk('VMware Workstation', '`encoding`, a long content ID', 'monolithicSparse', [
    ['version=1\n', 'version=1\nencoding="windows-1252"\n'],
    ['#DDB\n', '#DDB\n\nddb.longContentID = "0123456789abcdef0123456789abcdef"\nddb.toolsVersion = "2147483647"\n'],
  ]),
  vmdk('vSphere with changed block tracking', '`changeTrackPath`', 'streamOptimized', [
    ['# Extent', 'changeTrackPath="disk-ctk.vmdk"\n# Extent'],
  ]),
  {
    ...vmdk('ovftool of old', '`createType` without quotes', 'streamOptimized', [
      ['"streamOptimized"', 'streamOptimized'],
    ]),
    warning: 'Glance refuses',
  },
  vmdk('VirtualBox', '`RDONLY`, UUIDs in the disk data base', 'streamOptimized', [
    [EXTENT, `RDONLY ${SECTORS} SPARSE "box-disk001.vmdk"`],
    [
      '#DDB\n',
      '#DDB\n\nddb.uuid.image="1c7b4b1e-5c7d-4a48-8a15-3a5f7f0b1d6e"\nddb.uuid.parent="00000000-0000-0000-0000-000000000000"\n',
    ],
  ]),
  {
    name: 'vmdktool',
    layout: 'footer and header alike, with the grain directory at the end; a descriptor of one sector',
    build: vmdktool,
    verdict: 'vmdk streamOptimized',
  },
  vmdk('open-vmdk', '`RDONLY`, version of the tools', 'streamOptimized', [
    [EXTENT, `RDONLY ${SECTORS} SPARSE "disk.vmdk"`],
    ['#DDB\n', '#DDB\n\nddb.toolsVersion = "2147483647"\n'],
  ]),
  vmdk('Xen Orchestra', 'a decimal content ID', 'streamOptimized', [['2af1c3d4', '3841617148']]),
  vmdk('FreeBSD mkimg, VMDK', 'no name, a content ID of zeros', 'monolithicSparse', [
    ['"disk.vmdk"', '""'],
    ['CID=2af1c3d4', 'CID=00000000'],
  ]),
  {
    ...vmdk('disk2vmdk', 'the name in GBK', 'monolithicSparse', [
      ['"disk.vmdk"', '"\xb4\xc5\xc5\xcc.vmdk"'],
      ['#DDB\n', '#DDB\n\nddb.encoding = "GBK"\nddb.comment = "disk2vmdk"\n'],
    ]),
    warning: 'Glance refuses',
  },
  {
    name: 'Virtual PC before 2004, dynamic',
    layout: 'a footer of 511 bytes',
    build: () => dynamicVhd(DISK).subarray(0, -1),
    verdict: 'vhd dynamic',
  },
  {
    name: 'Virtual PC before 2004, fixed',
    layout: 'a footer of 511 bytes',
    build: () => fixedVhd(DISK).subarray(0, -1),
    verdict: 'vhd fixed',
  },
  { name: 'Hyper-V, VHD', layout: 'creator `win `', build: () => dynamicVhd(DISK), verdict: 'vhd dynamic' },
  {
    name: 'Disk2vhd',
    layout: 'creator `d2v `',
    build: () => dynamicVhd(DISK, creator('d2v ')),
    verdict: 'vhd dynamic',
  },
  {
    name: 'XenServer',
    layout: 'creator `tap`',
    build: () => dynamicVhd(DISK, creator('tap\0')),
    verdict: 'vhd dynamic',
  },
  { name: 'Hyper-V, VHDX', layout: 'MS-VHDX', build: () => vhdxImage(DISK), verdict: 'vhdx dynamic' },
  { name: 'VirtualBox, VDI', layout: 'version 1.1', build: () => vdiImage(DISK), verdict: 'vdi dynamic' },
  { name: 'Huawei Cloud, ZVHD', layout: 'driver of 2018', build: () => zvhdImage(DISK), verdict: 'zvhd' },
  { name: 'Huawei Cloud, ZVHD2', layout: 'driver of 2018', build: () => zvhd2Image(DISK), verdict: 'zvhd2' },
  {
    name: 'Windows Setup, UEFI',
    layout: 'code in the protective MBR',
    build: () => patched(gptStart(2048, [[EFI_SYSTEM, 40, 99]]), { 0: [0x33, 0xc0, 0x8e, 0xd0] }),
    verdict: 'raw',
  },
  {
    name: 'Proxmox vzdump',
    layout: 'VMA',
    build: () => patched(Buffer.alloc(8192), { 0: 'VMA\0' }),
    verdict: 'not-a-disk-image',
  },
  {
    name: 'EnCase',
    layout: 'E01',
    build: () => patched(Buffer.alloc(8192), { 0: 'EVF\x09\x0d\x0a\xff\x00' }),
    verdict: 'unsupported-variant',
  },
  { name: 'tar of Unix Version 7', layout: 'no magic number', build: () => tarOfVersion7('rb'), verdict: 'compressed' },
];
