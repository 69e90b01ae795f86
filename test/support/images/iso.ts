import { padded } from './patched.ts';

const SECTOR = 2048;
const PATH_TABLE_SECTOR = 19;
const ROOT_SECTOR = 21;
const CONTENT_SECTOR = 22;

/** An ISO 9660 volume with one file, DISK.IMG. */
export function isoImage(content: Buffer): Buffer {
  const data = padded(content, SECTOR);
  const sectors = CONTENT_SECTOR + data.length / SECTOR;
  const start = Buffer.alloc(CONTENT_SECTOR * SECTOR);
  primaryVolume(sectors).copy(start, 16 * SECTOR);
  start.write('\xffCD001\x01', 17 * SECTOR, 'latin1');
  // The root's entry in the path tables of either byte order.
  start.write('\x01\x00', PATH_TABLE_SECTOR * SECTOR, 'latin1');
  start.writeUInt32LE(ROOT_SECTOR, PATH_TABLE_SECTOR * SECTOR + 2);
  start.writeUInt16LE(1, PATH_TABLE_SECTOR * SECTOR + 6);
  start.write('\x01\x00', (PATH_TABLE_SECTOR + 1) * SECTOR, 'latin1');
  start.writeUInt32BE(ROOT_SECTOR, (PATH_TABLE_SECTOR + 1) * SECTOR + 2);
  start.writeUInt16BE(1, (PATH_TABLE_SECTOR + 1) * SECTOR + 6);
  const directory = Buffer.concat([
    entry('\0', ROOT_SECTOR, SECTOR),
    entry('\x01', ROOT_SECTOR, SECTOR),
    entry('DISK.IMG;1', CONTENT_SECTOR, content.length),
  ]);
  directory.copy(start, ROOT_SECTOR * SECTOR);
  return Buffer.concat([start, data]);
}

function primaryVolume(sectors: number): Buffer {
  const volume = Buffer.alloc(SECTOR);
  volume.write('\x01CD001\x01', 'latin1');
  volume.fill(' ', 8, 72);
  volume.write('IMAGEDROP', 40);
  both32(volume, sectors, 80);
  both16(volume, 1, 120);
  both16(volume, 1, 124);
  both16(volume, SECTOR, 128);
  both32(volume, 10, 132);
  volume.writeUInt32LE(PATH_TABLE_SECTOR, 140);
  volume.writeUInt32BE(PATH_TABLE_SECTOR + 1, 148);
  entry('\0', ROOT_SECTOR, SECTOR).copy(volume, 156);
  volume.fill(' ', 190, 813);
  volume.writeUInt8(1, 881);
  return volume;
}

/** A directory record (ECMA-119, section 9.1); the names "\0" and "\1" are the directory itself and its parent. */
function entry(name: string, sector: number, bytes: number): Buffer {
  const record = Buffer.alloc(33 + name.length + (name.length % 2 === 0 ? 1 : 0));
  record.writeUInt8(record.length);
  both32(record, sector, 2);
  both32(record, bytes, 10);
  record.writeUInt8(name.length === 1 ? 2 : 0, 25);
  both16(record, 1, 28);
  record.writeUInt8(name.length, 32);
  record.write(name, 33, 'latin1');
  return record;
}

function both32(bytes: Buffer, value: number, offset: number): void {
  bytes.writeUInt32LE(value, offset);
  bytes.writeUInt32BE(value, offset + 4);
}

function both16(bytes: Buffer, value: number, offset: number): void {
  bytes.writeUInt16LE(value, offset);
  bytes.writeUInt16BE(value, offset + 2);
}
