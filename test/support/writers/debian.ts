/** Versions of the packages in Debian 12, without its own changes. */
export const VERSIONS = {
  'android-sdk-libsparse-utils': '29.0.6',
  'btrfs-progs': '6.2',
  bximage: '2.7',
  'cloud-image-utils': '0.33',
  dosfstools: '4.2',
  e2fsprogs: '1.47.0',
  'erofs-utils': '1.5',
  'ewf-tools': '20140813',
  exfatprogs: '1.2.0',
  'f2fs-tools': '1.15.0',
  fdisk: '2.38.1',
  gdisk: '1.0.9',
  genext2fs: '1.5.0',
  genimage: '16',
  genisoimage: '1.1.11',
  'grub-common': '2.06',
  jfsutils: '1.1.15',
  'libarchive-tools': '3.6.2',
  lz4: '1.9.4',
  lzop: '1.04',
  makefs: '20190105',
  mtools: '4.0.33',
  nbdkit: '1.32.5',
  ncompress: '4.2.4.6',
  'ntfs-3g': '2022.10.3',
  parted: '3.5',
  partclone: '0.3.23',
  'python3-pycdlib': '1.12.0',
  'python3-vmdkstream': '0.2',
  'qemu-utils': '7.2',
  reiserfsprogs: '3.6.27',
  'squashfs-tools': '4.5.1',
  'syslinux-utils': '6.04',
  systemd: '252',
  tar: '1.34',
  udftools: '2.3',
  'util-linux': '2.38.1',
  vmdb2: '0.27',
  wimtools: '1.13.6',
  xfsprogs: '6.1.0',
  xmount: '0.7.6',
  xorriso: '1.5.4',
  'xz-utils': '5.4.1',
  zstd: '1.5.4',
} as const;

/** A program of Debian 12 that writes disk images, and the verdict on what it writes. */
export interface DebianWriter {
  readonly name: string;
  readonly package: keyof typeof VERSIONS;
  /** A program of it: without it the writer is not tested. */
  readonly program: string;
  /** Shell commands that write the file `out`, in a folder of their own with a partitioned `disk.raw` of 16 MiB and a folder `tree`. */
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
  from: DebianWriter['package'],
  commands: string,
  more: Partial<DebianWriter> = {},
): DebianWriter => ({ name: program, package: from, program, commands, verdict: 'raw', ...more });
/** Of what is refused though it is called like a raw disk. */
const packer = (
  program: string,
  from: DebianWriter['package'],
  commands: string,
  verdict = 'compressed',
): DebianWriter => ({ name: program, package: from, program, commands, verdict, fileName: 'disk.img' });
/** Converts the partitioned disk to a mode of Bochs. */
const bximage = (mode: string, verdict: string): DebianWriter => ({
  name: `bximage, ${mode}`,
  package: 'bximage',
  program: 'bximage',
  commands: `bximage -q -func=convert -imgmode=${mode} disk.raw out`,
  verdict,
  fileName: 'disk.img',
});
/** Shows the partitioned disk in another format, by FUSE. */
const xmount = (format: string, verdict: string): DebianWriter => ({
  name: `xmount, ${format.toUpperCase()}`,
  package: 'xmount',
  program: 'xmount',
  commands: `mkdir m && xmount --in raw disk.raw --out ${format} m && trap 'umount m' EXIT && cp m/disk.${format} out`,
  verdict,
});
/** Makes the file from a tree or a file system on the fly; qemu-img only copies it. */
const nbdkit = (plugin: string, prepare: string, verdict: string): DebianWriter => ({
  name: `nbdkit, ${plugin.split(' ')[0]}`,
  package: 'nbdkit',
  program: 'nbdkit',
  commands: `${prepare}nbdkit -U - ${plugin} --run 'qemu-img convert -f raw -O raw "$uri" out'`,
  verdict,
});
/** An image of genimage: "hdimage { … }" or "iso { }". */
const genimage = (what: string, image: string, verdict: string): DebianWriter => ({
  name: `genimage, ${what}`,
  package: 'genimage',
  program: 'genimage',
  commands: `mkdir root && truncate -s 8M fs && printf 'image out { ${image} }' > config && genimage --config config --inputpath . --outputpath . --rootpath root`,
  verdict,
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
  {
    ...fileSystem('e2image', 'e2fsprogs', 'truncate -s 32M fs && mkfs.ext4 -q fs && e2image -Q fs out'),
    verdict: 'qcow2 v2',
    warning: 'no table names',
  },
  bximage('vmware4', 'vmdk monolithicSparse'),
  bximage('vpc', 'vhd dynamic'),
  bximage('growing', 'unsupported-variant'),
  bximage('sparse', 'unsupported-variant'),
  xmount('vhd', 'vhd fixed'),
  xmount('vdi', 'corrupt-header'),
  xmount('vmdk', 'unsafe-extent'),
  fileSystem('cloud-localds', 'cloud-image-utils', 'cloud-localds out tree/file', { verdict: 'iso' }),
  fileSystem('cloud-localds', 'cloud-image-utils', 'cloud-localds --disk-format qcow2 out tree/file', {
    name: 'cloud-localds, qcow2',
    verdict: 'qcow2 v3',
  }),
  genimage('GPT', 'hdimage { partition-table-type = gpt } partition a { image = fs }', 'raw'),
  genimage('MBR', 'hdimage { } partition a { image = fs partition-type = 0x83 }', 'raw'),
  genimage('qcow2', 'qemu { format = qcow2 } partition a { image = fs }', 'qcow2 v3'),
  genimage('ISO', 'iso { }', 'iso'),
  nbdkit('floppy tree', '', 'raw'),
  { ...nbdkit('linuxdisk tree', '', 'raw'), ...REFUSED_BY_GLANCE },
  nbdkit('iso tree', '', 'iso'),
  {
    ...nbdkit('partitioning fs partition-type=gpt', 'truncate -s 8M fs && mkfs.ext4 -q fs && ', 'raw'),
    ...REFUSED_BY_GLANCE,
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
  fileSystem('bsdtar', 'libarchive-tools', 'bsdtar --format=iso9660 -cf out tree', { verdict: 'iso' }),
  fileSystem('pycdlib-genisoimage', 'python3-pycdlib', 'pycdlib-genisoimage -quiet -o out tree', { verdict: 'iso' }),
  fileSystem('mkudffs', 'udftools', `${EMPTY} && mkudffs --media-type=hd --blocksize=2048 out`, {
    verdict: 'unsupported-variant',
  }),
  fileSystem('sfdisk', 'fdisk', `${EMPTY} && echo 'label: gpt\n,,L' | sfdisk -q out`),
  fileSystem('sgdisk', 'gdisk', `${EMPTY} && sgdisk -n 1:0:+8M -n 2:0:0 -h 1 out`, {
    name: 'sgdisk with a hybrid MBR',
    ...REFUSED_BY_GLANCE,
  }),
  fileSystem('parted', 'parted', `${EMPTY} && parted -s out mklabel gpt mkpart a 1MiB 100%`),
  fileSystem(
    'systemd-repart',
    'systemd',
    'mkdir d && printf "[Partition]\\nType=esp\\nSizeMinBytes=8M\\n" > d/1.conf && systemd-repart --empty=create --size=64M --definitions=d --dry-run=no out',
  ),
  fileSystem(
    'vmdb2',
    'vmdb2',
    `printf '{"steps": [{"mkimg": "{{ output }}", "size": "64M"}, {"mklabel": "gpt", "device": "{{ output }}"}]}' > steps && vmdb2 steps --output out`,
  ),
  fileSystem('mkfs.ext4', 'e2fsprogs', `${EMPTY} && mkfs.ext4 -q out`),
  fileSystem('mkfs.vfat', 'dosfstools', `${EMPTY} && mkfs.vfat -F 32 out`),
  fileSystem('mkfs.exfat', 'exfatprogs', `${EMPTY} && mkfs.exfat out`, REFUSED_BY_GLANCE),
  fileSystem('mkntfs', 'ntfs-3g', `${EMPTY} && mkntfs -q -F out`, REFUSED_BY_GLANCE),
  fileSystem('mkfs.btrfs', 'btrfs-progs', 'truncate -s 128M out && mkfs.btrfs -q out'),
  fileSystem('mkfs.xfs', 'xfsprogs', 'truncate -s 320M out && mkfs.xfs -q out'),
  fileSystem('mkfs.erofs', 'erofs-utils', 'mkfs.erofs out tree'),
  fileSystem('mksquashfs', 'squashfs-tools', 'mksquashfs tree out -quiet -no-progress'),
  fileSystem('genext2fs', 'genext2fs', 'genext2fs -d tree -b 4096 out'),
  fileSystem('mformat', 'mtools', 'mformat -C -i out -T 131072 -h 64 -s 32 ::'),
  fileSystem('makefs', 'makefs', 'makefs -t ffs -s 4m out tree', { name: 'makefs, UFS1' }),
  fileSystem('makefs', 'makefs', 'makefs -t ffs -o version=2 -s 4m out tree', { name: 'makefs, UFS2' }),
  fileSystem('mkfs.f2fs', 'f2fs-tools', `${EMPTY} && mkfs.f2fs -q out`),
  fileSystem('mkfs.jfs', 'jfsutils', `${EMPTY} && mkfs.jfs -q out`),
  fileSystem('mkfs.reiserfs', 'reiserfsprogs', `${EMPTY} && mkfs.reiserfs -q -f -f out`),
  fileSystem('mkswap', 'util-linux', `${EMPTY} && chmod 600 out && mkswap -q out`),
  fileSystem('mkswap', 'util-linux', `${EMPTY} && chmod 600 out && mkswap -q -p 65536 out`, {
    name: 'mkswap, pages of 64 KiB',
  }),
  packer('lzma', 'xz-utils', 'xz --format=lzma --keep --stdout disk.raw > out'),
  packer('lzop', 'lzop', 'lzop -o out disk.raw'),
  packer('compress', 'ncompress', 'compress -f -c disk.raw > out'),
  packer('tar', 'tar', 'tar --format=v7 -cf out disk.raw'),
  { ...packer('lz4', 'lz4', 'lz4 -l -q disk.raw out'), name: 'lz4 -l' },
  packer('pzstd', 'zstd', 'pzstd -q disk.raw -o out'),
  packer('wimlib-imagex', 'wimtools', 'wimlib-imagex capture tree out', 'not-a-disk-image'),
  packer('ewfacquire', 'ewf-tools', 'ewfacquire -q -u -t e disk.raw && mv e.E01 out', 'unsupported-variant'),
  packer('img2simg', 'android-sdk-libsparse-utils', 'img2simg disk.raw out', 'unsupported-variant'),
  packer(
    'partclone.extfs',
    'partclone',
    'truncate -s 8M fs && mkfs.ext4 -q fs && partclone.extfs -c -s fs -o out -N -q',
    'unsupported-variant',
  ),
];

/** What else in Debian 12 makes such files, and why it is not run: of some packages one stands for all. */
export const NOT_RUN: readonly { readonly names: string; readonly reason: string }[] = [
  { names: 'virt-make-fs, virt-builder, guestfish, virt-v2v', reason: 'start a virtual machine: minutes without KVM' },
  {
    names: 'diskimage-builder, mkosi, kiwi, debos, FAI, live-build, simple-cdd, debian-cd',
    reason: 'install a distribution from the network; the file itself is of qemu-img, parted or xorriso',
  },
  { names: 'virt-install, qemu-nbd, qemu-storage-daemon, QEMU itself', reason: 'the same code as qemu-img' },
  { names: 'growisofs, Brasero, K3b, cdw', reason: 'front ends of genisoimage and xorriso, for burners or a desktop' },
  { names: 'ccd2iso, iat, nrg2iso, bchunk, dvdisaster', reason: 'copy or extend an ISO that another program made' },
  { names: 'mdadm, pvcreate, make-bcache', reason: 'need block devices and drivers of the kernel' },
];
