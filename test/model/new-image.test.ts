import { describe, expect, test } from '@jest/globals';
import type { FoundImage, PartitionTable } from '../../lambda/model/image.ts';
import type { ImageMetadata } from '../../lambda/model/metadata.ts';
import { newImage } from '../../lambda/model/new-image.ts';

const GIB = 2 ** 30;

function imageOf(found: Omit<FoundImage, 'format'>, metadata: ImageMetadata = {}) {
  return newImage({
    drop: { bucket: 'drops', key: 'a.qcow2', id: 'v1', etag: 'e', size: 1, droppedAt: '2026-01-01T00:00:00Z' },
    target: 'here',
    generation: 1,
    found: { format: 'qcow2', ...found },
    plan: {
      route: 'stream',
      reason: 'The test says so.',
      algorithms: [],
      diskFormat: 'qcow2',
      range: { offset: 0, length: 1 },
    },
    metadata,
  });
}

const table = (endBytes: number, more: Partial<PartitionTable> = {}): PartitionTable => ({
  scheme: 'gpt',
  sectorBytes: 512,
  partitions: [],
  endBytes,
  ...more,
});

describe('min_disk', () => {
  test.each([
    ['the virtual size, rounded up to a GiB', { virtualSize: 10 * GIB + 1 }, {}, 11],
    ['the end of the partitions where that is larger', { virtualSize: GIB, partitionTable: table(3 * GIB + 1) }, {}, 4],
    ['the virtual size where that is larger', { virtualSize: 5 * GIB, partitionTable: table(3 * GIB) }, {}, 5],
    ['what the metadata ask for where that is larger', { virtualSize: GIB }, { minDisk: 20 }, 20],
    ['never less than the disk', { virtualSize: 9 * GIB }, { minDisk: 2 }, 9],
  ])('is %s', (_name, found, metadata, minDisk) => {
    expect(imageOf(found, metadata).minDisk).toBe(minDisk);
  });
});

describe('hw_firmware_type', () => {
  const forUefi = { virtualSize: GIB, partitionTable: table(GIB, { firmware: 'uefi' }) };

  test('is uefi when the disk boots by UEFI only', () => {
    expect(imageOf(forUefi).properties).toMatchObject({ hw_firmware_type: 'uefi' });
  });

  test('is what the metadata say, whatever the disk looks like', () => {
    const metadata = { properties: { hw_firmware_type: 'bios' } };
    expect(imageOf(forUefi, metadata).properties).toMatchObject({ hw_firmware_type: 'bios' });
  });

  test.each([
    ['there is no partition table', { virtualSize: GIB }],
    ['it is not certain how the disk boots', { virtualSize: GIB, partitionTable: table(GIB) }],
  ])('is not set when %s', (_name, found) => {
    expect(imageOf(found).properties).not.toHaveProperty('hw_firmware_type');
  });
});
