/** The smallest files that bear the marks of a format; each claims a disk of 1 GiB. */
const GIB = 1024 ** 3;

export function qcow2({ version = 3, backingOffset = 0, incompatible = 0n, l1Offset = 512 } = {}): Buffer {
  const file = Buffer.alloc(1024);
  file.write('QFI\xfb', 'latin1');
  file.writeUInt32BE(version, 4);
  file.writeBigUInt64BE(BigInt(backingOffset), 8);
  file.writeBigUInt64BE(BigInt(GIB), 24);
  file.writeUInt32BE(2, 36);
  file.writeBigUInt64BE(BigInt(l1Offset), 40);
  file.writeBigUInt64BE(incompatible, 72);
  return file;
}

export function qed(): Buffer {
  const file = Buffer.alloc(512);
  file.write('QED\0', 'latin1');
  return file;
}

export function vmdk({ createType = 'monolithicSparse', extent = 'disk.vmdk' } = {}): Buffer {
  const file = Buffer.alloc(1024);
  file.write('KDMV');
  file.writeBigUInt64LE(BigInt(GIB / 512), 12);
  file.writeBigUInt64LE(1n, 28);
  file.writeBigUInt64LE(1n, 36);
  file.write(`# Disk DescriptorFile\nversion=1\ncreateType="${createType}"\nRW 2097152 SPARSE "${extent}"\n`, 512);
  return file;
}

/** The header of a dynamic VHD, and as well the footer of a fixed one. */
export function vhd(): Buffer {
  const file = Buffer.alloc(512);
  file.write('conectix');
  file.writeBigUInt64BE(BigInt(GIB), 48);
  return file;
}

/** Huawei's own; `stream` is ZVHD, `z2strm` is ZVHD2. */
export function zvhd(cookie: 'stream' | 'z2strm', diskBytes = GIB): Buffer {
  const file = Buffer.alloc(8192);
  file.write(`${cookie}\0\0`);
  file.writeBigUInt64LE(BigInt(diskBytes), 48);
  return file;
}

export function vhdx(): Buffer {
  const file = Buffer.alloc(512);
  file.write('vhdxfile');
  return file;
}

export function vdi(): Buffer {
  const file = Buffer.alloc(512);
  file.write('\x7f\x10\xda\xbe', 64, 'latin1');
  file.writeBigUInt64LE(BigInt(GIB), 0x170);
  return file;
}

export function isoImage(systemArea: Buffer = Buffer.alloc(0)): Buffer {
  const file = Buffer.alloc(40_960);
  systemArea.copy(file);
  file.write('CD001', 32_769);
  return file;
}

export function mbr(): Buffer {
  const file = Buffer.alloc(512);
  file.writeUInt16BE(0x55aa, 510);
  return file;
}
