import { describe, expect, test } from '@jest/globals';
import { examine } from '../../lambda/formats/inspect.ts';
import { bytesReader } from '../../lambda/formats/reading/reader.ts';
import type { PartitionTable } from '../../lambda/model/image.ts';
import { gptDisk } from '../support/images/gpt.ts';
import { BIOS_BOOT, EFI_SYSTEM, gptStart, LINUX, mbrDisk } from '../support/images/partitioned.ts';
import { patched } from '../support/images/patched.ts';
import { qcow2Image } from '../support/images/qcow2.ts';
import { found } from '../support/images/refusal.ts';
import { vhdxImage } from '../support/images/vhdx.ts';

const SECTORS = 2048;
const UEFI_DISK = gptStart(SECTORS, [[EFI_SYSTEM, 40, 99]]);
/** What Windows writes into every MBR. */
const WINDOWS_CODE = { 0: [0x33, 0xc0, 0x8e, 0xd0], 355: 'Invalid partition table\0Missing operating system\0' };

async function tableOf(disk: Buffer): Promise<PartitionTable | undefined> {
  return (await found(disk, { claimedFormat: 'raw' })).partitionTable;
}

/** What the report says of the check, for a disk inside a qcow2 image: there, no table is a reason to refuse. */
async function inside(disk: Buffer, code: string) {
  const { verdict, found: image, checks } = await examine(bytesReader(qcow2Image(disk)));
  expect(verdict).toBe('accept');
  const check = checks.find((one) => one.code === code);
  return { table: image?.partitionTable, warnings: image?.warnings, outcome: check?.outcome, detail: check?.detail };
}

describe('a GPT', () => {
  test('is read with type, name, place and length of its partitions', async () => {
    const disk = gptStart(SECTORS, [
      [EFI_SYSTEM, 40, 99, 'EFI'],
      [LINUX, 128, 1999, 'Größe 🙂'],
    ]);
    expect(await tableOf(disk)).toEqual({
      scheme: 'gpt',
      sectorBytes: 512,
      partitions: [
        { type: EFI_SYSTEM, name: 'EFI', offset: 40 * 512, length: 60 * 512 },
        { type: LINUX, name: 'Größe 🙂', offset: 128 * 512, length: 1872 * 512 },
      ],
      endBytes: SECTORS * 512,
      firmware: 'uefi',
    });
  });

  test('with its table elsewhere, of larger entries, is read', async () => {
    const disk = gptStart(SECTORS, [[LINUX, 1000, 1999]], { entriesSector: 500, entries: 8, entryBytes: 256 });
    expect((await tableOf(disk))?.partitions).toEqual([{ type: LINUX, offset: 512_000, length: 512_000 }]);
  });

  test('in sectors of 4096 bytes is read', async () => {
    const disk = gptStart(SECTORS / 8, [[LINUX, 10, 99]], { sectorBytes: 4096 });
    expect(await tableOf(disk)).toMatchObject({ sectorBytes: 4096, partitions: [{ offset: 40_960, length: 368_640 }] });
  });

  test('of more partitions than 128 is cut to these, but not its end', async () => {
    const many = Array.from({ length: 200 }, (_, index) => [LINUX, 600 + index, 600 + index] as const);
    const table = await tableOf(gptStart(SECTORS, many, { entries: 256 }));
    expect(table?.partitions).toHaveLength(128);
    expect(table?.partitions.at(-1)?.offset).toBe(727 * 512);
  });

  test.each([
    ['a wrong checksum in its header', patched(gptStart(SECTORS, [[LINUX, 40, 99]]), { [512 + 56]: [1] })],
    ['a wrong checksum of its table', patched(gptStart(SECTORS, [[LINUX, 40, 99]]), { [1024 + 40]: [1] })],
    ['a header that is another one', gptStart(SECTORS, [], { header: (bytes) => bytes.writeUInt8(7, 24) })],
    ['a header of 91 bytes', gptStart(SECTORS, [], { header: (bytes) => bytes.writeUInt32LE(91, 12) })],
    ['a header longer than a sector', gptStart(SECTORS, [], { header: (bytes) => bytes.writeUInt32LE(513, 12) })],
    ['its table in the MBR', gptStart(SECTORS, [], { header: (bytes) => bytes.writeUInt8(0, 72) })],
    ['entries of 96 bytes', gptStart(SECTORS, [], { header: (bytes) => bytes.writeUInt32LE(96, 84) })],
    ['its copy further than numbers reach', gptStart(SECTORS, [], { header: (bytes) => bytes.fill(0xff, 32, 40) })],
    ['a partition that ends before it begins', gptStart(SECTORS, [[LINUX, 99, 40]])],
    ['a partition that ends further than numbers reach', gptStart(SECTORS, [[LINUX, 40, 2 ** 50]])],
    ['its table past the end', gptStart(SECTORS, [], { header: (bytes) => bytes.writeUInt32LE(9000, 72) })],
    ['no header at all', patched(gptStart(SECTORS, []), { 512: Array.from({ length: 92 }, () => 0) })],
  ])('with %s is not read, and warned of', async (_name, disk) => {
    const { table, warnings, outcome } = await inside(disk, 'damaged-gpt');
    expect(table).toBeUndefined();
    expect(outcome).toBe('warned');
    expect(warnings).toEqual([expect.stringContaining('announces a GPT')]);
  });

  test('of more than 64 KiB is not read', async () => {
    const { table, outcome, detail } = await inside(gptStart(SECTORS, [], { entries: 513 }), 'partition-table');
    expect([table, outcome]).toEqual([undefined, 'skipped']);
    expect(detail).toBe('Not read. The GPT has 513 entries, together 65664 bytes.');
  });

  test('is none without the MBR that announces it', async () => {
    const disk = patched(gptStart(SECTORS, [[LINUX, 40, 99]]), { 450: [0] });
    expect(await inside(disk, 'partition-table')).toMatchObject({ table: undefined, outcome: 'passed' });
  });

  test('that ends past the disk is warned of, and its end is reported', async () => {
    const disk = gptStart(SECTORS, [[LINUX, 40, 99]]).subarray(0, 1000 * 512);
    const { table, warnings } = await inside(disk, 'partition-past-end');
    expect(table?.endBytes).toBe(SECTORS * 512);
    expect(warnings).toEqual([expect.stringContaining(`${SECTORS * 512}, past the end of the disk at 512000`)]);
  });
});

describe('a GPT whose first copy is lost', () => {
  const copies = [
    ['header', { 512: Array.from({ length: 92 }, () => 0) }],
    ['checksum', { [512 + 56]: [1] }],
    ['table', { [1024 + 16]: [1] }],
  ] as const;

  test.each(copies)(
    'is read from the copy at the end, with a warning, raw and inside qcow2 (%s)',
    async (_name, changes) => {
      const disk = patched(gptDisk(SECTORS * 512), changes);
      const whole = await tableOf(gptDisk(SECTORS * 512));
      const raw = await found(disk);
      expect(raw.partitionTable).toEqual(whole);
      expect(raw.warnings).toEqual([expect.stringContaining('copy at the end is intact')]);
      const packed = await inside(disk, 'damaged-gpt');
      expect(packed).toMatchObject({ table: whole, warnings: raw.warnings, outcome: 'warned' });
    },
  );

  test('is none when its copy is that of another disk', async () => {
    const disk = patched(gptDisk(SECTORS * 512), copies[0][1]);
    const { table } = await inside(disk.subarray(0, -512), 'damaged-gpt');
    expect(table).toBeUndefined();
  });
});

describe('an MBR', () => {
  test('is read with type, place and length of its primary partitions', async () => {
    const disk = mbrDisk(SECTORS, [
      [0x83, 100, 500],
      [0x05, 700, 800],
      [0, 9, 9],
    ]);
    expect(await tableOf(disk)).toEqual({
      scheme: 'mbr',
      sectorBytes: 512,
      partitions: [
        { type: '0x83', offset: 51_200, length: 256_000 },
        { type: '0x05', offset: 358_400, length: 409_600 },
      ],
      endBytes: 1500 * 512,
    });
  });

  test('counts in the sectors of its disk, where the format tells them', async () => {
    const metadata = (region: Buffer): void => void region.writeUInt32LE(4096, 65536 + 48);
    const disk = mbrDisk(SECTORS, [[0x83, 100, 50]]);
    const { partitionTable } = await found(vhdxImage(disk, { metadata }));
    expect(partitionTable).toMatchObject({ sectorBytes: 4096, partitions: [{ offset: 409_600, length: 204_800 }] });
  });

  test('of a disk shorter than it is none', async () => {
    expect(await inside(Buffer.alloc(512).subarray(0, 256), 'partition-table')).toMatchObject({ outcome: 'passed' });
  });
});

describe('the firmware', () => {
  test.each([
    ['a GPT with an EFI system partition', gptStart(SECTORS, [[EFI_SYSTEM, 40, 99]]), 'uefi'],
    ['an MBR with an EFI system partition', mbrDisk(SECTORS, [[0xef, 40, 99]]), 'uefi'],
    [
      'a GPT with a BIOS boot partition, too',
      gptStart(SECTORS, [
        [EFI_SYSTEM, 40, 99],
        [BIOS_BOOT, 100, 199],
      ]),
      undefined,
    ],
    ['a GPT with code of Windows in its MBR', patched(UEFI_DISK, WINDOWS_CODE), 'uefi'],
    ['an MBR with code of Windows in it', patched(mbrDisk(SECTORS, [[0xef, 40, 99]]), WINDOWS_CODE), 'uefi'],
    ...[
      'GRUB \0Geom',
      'GRLDR',
      'SYSLINUX',
      'LILO',
      'Missing OS',
      'Operating system load error',
      'FreeBS\xc4',
      'Limine',
    ].map(
      (words) =>
        [`a GPT with a boot loader in its MBR (${words})`, patched(UEFI_DISK, { 300: words }), undefined] as const,
    ),
    ['a GPT whose protective MBR is active', patched(UEFI_DISK, { 446: [0x80] }), undefined],
    ['an MBR with an active partition', patched(mbrDisk(SECTORS, [[0xef, 40, 99]]), { 446: [0x80] }), undefined],
    [
      'a GPT with a partition that a BIOS may start',
      gptStart(SECTORS, [
        [EFI_SYSTEM, 40, 99],
        [LINUX, 100, 199, '', 4n],
      ]),
      undefined,
    ],
    [
      'a GPT with a loader of FreeBSD',
      gptStart(SECTORS, [
        [EFI_SYSTEM, 40, 99],
        ['83BD6B9D-7F41-11DC-BE0B-001560B84F0F', 100, 199],
      ]),
      undefined,
    ],
    ['a GPT in sectors of 4096 bytes', gptStart(SECTORS / 8, [[EFI_SYSTEM, 10, 99]], { sectorBytes: 4096 }), undefined],
    ['a GPT without an EFI system partition', gptStart(SECTORS, [[LINUX, 40, 99]]), undefined],
    [
      'a GPT with the signature of a disk alone',
      patched(gptStart(SECTORS, [[EFI_SYSTEM, 40, 99]]), { 440: [1, 2] }),
      'uefi',
    ],
  ])('is known for sure or left open: %s', async (_name, disk, firmware) => {
    expect((await tableOf(disk))?.firmware).toBe(firmware);
  });
});
