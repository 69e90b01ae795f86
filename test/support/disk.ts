/** A raw disk of so many bytes with an MBR, one Linux partition and content of its own. */
export function rawDisk(bytes = 4096, seed = 1): Buffer {
  const disk = Buffer.alloc(bytes, seed);
  disk.fill(0, 0, 512);
  disk.writeUInt8(0x80, 446);
  disk.writeUInt8(0x83, 450);
  disk.writeUInt32LE(1, 454);
  disk.writeUInt32LE(bytes / 512 - 1, 458);
  disk.writeUInt16LE(0xaa55, 510);
  return disk;
}
