/** A program of Debian 12 that writes disk images, and the verdict on what it writes. */
export interface DebianWriter {
  readonly name: string;
  readonly package: string;
  /** A program of it: without it the writer is not tested. */
  readonly program: string;
  /** Shell commands that write the file `out`, in a folder with a partitioned `disk.raw` of 16 MiB and a folder `tree`. */
  readonly commands: string;
  /** "vmdk streamOptimized", or the code of the refusal. */
  readonly verdict: string;
  /** Words of the one warning. */
  readonly warning?: string;
  /** The name of the file, where it counts. */
  readonly fileName?: string;
}

const convert = (options: string): string => `qemu-img convert -f raw ${options} disk.raw out`;
const qemu = (what: string, options: string, verdict: string): DebianWriter => ({
  name: `qemu-img convert, ${what}`,
  package: 'qemu-utils',
  program: 'qemu-img',
  commands: convert(options),
  verdict,
});
const fileSystem = (
  program: string,
  from: string,
  commands: string,
  more: Partial<DebianWriter> = {},
): DebianWriter => ({ name: program, package: from, program, commands, verdict: 'raw', ...more });
const packer = (program: string, from: string, commands: string): DebianWriter => ({
  name: program,
  package: from,
  program,
  commands,
  verdict: 'compressed',
  fileName: 'disk.img',
});

const EMPTY = 'truncate -s 64M out';
const REFUSED_BY_GLANCE = { warning: 'Glance refuses' };
const ISO_BOOT = '-no-emul-boot -boot-load-size 4 -boot-info-table';

export const DEBIAN_WRITERS: readonly DebianWriter[] = [
  qemu('qcow2', '-O qcow2', 'qcow2 v3'),
  qemu('qcow2 of version 2', '-O qcow2 -o compat=0.10', 'qcow2 v2'),
  qemu('qcow2, compressed', '-c -O qcow2', 'qcow2 v3'),
  qemu('qcow2, compressed with zstd', '-c -O qcow2 -o compression_type=zstd', 'qcow2 v3'),
  qemu('qcow of version 1', '-O qcow', 'qcow'),
  qemu('QED', '-O qed', 'qed'),
  qemu('VMDK', '-O vmdk', 'vmdk monolithicSparse'),
  qemu('VMDK, streamOptimized', '-O vmdk -o subformat=streamOptimized', 'vmdk streamOptimized'),
  qemu('VHD', '-O vpc', 'vhd dynamic'),
  qemu('VHD, fixed', '-O vpc -o subformat=fixed', 'vhd fixed'),
  qemu('VHDX', '-O vhdx', 'vhdx dynamic'),
  qemu('VHDX, fixed', '-O vhdx -o subformat=fixed', 'vhdx fixed'),
  qemu('VDI', '-O vdi', 'vdi dynamic'),
  qemu('VDI, static', '-O vdi -o static=on', 'vdi static'),
  {
    ...qemu('VMDK in parts (the first part)', '', 'unsupported-variant'),
    commands: 'qemu-img convert -O vmdk -o subformat=twoGbMaxExtentSparse disk.raw d.vmdk && mv d-s001.vmdk out',
  },
  {
    ...qemu('VMDK, flat (the descriptor)', '', 'unsafe-extent'),
    commands: 'qemu-img convert -O vmdk -o subformat=monolithicFlat disk.raw out',
  },
  {
    name: 'VMDKstream',
    package: 'python3-vmdkstream',
    program: '/usr/lib/python3/dist-packages/VMDKstream.py',
    commands: '/usr/bin/python3 /usr/lib/python3/dist-packages/VMDKstream.py disk.raw out',
    verdict: 'vmdk streamOptimized',
  },
  fileSystem('genisoimage', 'genisoimage', 'genisoimage -quiet -J -R -o out tree', { verdict: 'iso' }),
  fileSystem('genisoimage', 'genisoimage', 'genisoimage -quiet -udf -o out tree', {
    name: 'genisoimage -udf',
    verdict: 'iso udf',
  }),
  fileSystem('xorriso', 'xorriso', 'xorriso -as mkisofs -quiet -J -R -o out tree', { verdict: 'iso' }),
  fileSystem(
    'xorriso',
    'xorriso',
    'truncate -s 2M esp && xorriso -as mkisofs -quiet -append_partition 2 0xef esp -e --interval:appended_partition_2:all:: -no-emul-boot -o out tree',
    { name: 'xorriso with an appended partition for UEFI', verdict: 'iso' },
  ),
  fileSystem(
    'isohybrid',
    'syslinux-utils',
    `cp /usr/lib/ISOLINUX/isolinux.bin tree/ && genisoimage -quiet -b isolinux.bin -c boot.cat ${ISO_BOOT} -o out tree && isohybrid out`,
    { verdict: 'iso' },
  ),
  fileSystem('grub-mkrescue', 'grub-common', 'grub-mkrescue -o out tree 2>/dev/null', { verdict: 'iso' }),
  fileSystem('makefs', 'makefs', 'makefs -t cd9660 out tree', { verdict: 'iso' }),
  fileSystem('mkudffs', 'udftools', `${EMPTY} && mkudffs --media-type=hd --blocksize=2048 out`, {
    verdict: 'unsupported-variant',
  }),
  fileSystem('sfdisk', 'fdisk', `${EMPTY} && echo 'label: gpt\n,,L' | sfdisk -q out`),
  fileSystem('sgdisk', 'gdisk', `${EMPTY} && sgdisk -n 1:0:+8M -n 2:0:0 -h 1 out`, {
    name: 'sgdisk with a hybrid MBR',
    ...REFUSED_BY_GLANCE,
  }),
  fileSystem('parted', 'parted', `${EMPTY} && parted -s out mklabel gpt mkpart a 1MiB 100%`),
  fileSystem('mkfs.ext4', 'e2fsprogs', `${EMPTY} && mkfs.ext4 -q out`),
  fileSystem('mkfs.vfat', 'dosfstools', `${EMPTY} && mkfs.vfat -F 32 out`),
  fileSystem('mkfs.exfat', 'exfatprogs', `${EMPTY} && mkfs.exfat out`, REFUSED_BY_GLANCE),
  fileSystem('mkntfs', 'ntfs-3g', `${EMPTY} && mkntfs -q -F out`, REFUSED_BY_GLANCE),
  fileSystem('mkfs.btrfs', 'btrfs-progs', 'truncate -s 128M out && mkfs.btrfs -q out'),
  fileSystem('mkfs.xfs', 'xfsprogs', 'truncate -s 320M out && mkfs.xfs -q out'),
  fileSystem('mkfs.erofs', 'erofs-utils', 'mkfs.erofs out tree'),
  fileSystem('mksquashfs', 'squashfs-tools', 'mksquashfs tree out -quiet -no-progress'),
  fileSystem('mkswap', 'util-linux', `${EMPTY} && chmod 600 out && mkswap -q out`),
  packer('lzma', 'xz-utils', 'xz --format=lzma --keep --stdout disk.raw > out'),
  packer('lzop', 'lzop', 'lzop -o out disk.raw'),
  packer('compress', 'ncompress', 'compress -f -c disk.raw > out'),
  packer('tar', 'tar', 'tar --format=v7 -cf out disk.raw'),
];
