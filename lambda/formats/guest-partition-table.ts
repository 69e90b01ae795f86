import type { Partition, PartitionTable } from '../model/image.ts';
import { GPT_SIGNATURE, type GptHeader, gptHeader, gptPartitions, SECTOR_SIZES } from './gpt.ts';
import { type GuestDisk, NotRead } from './guest-disk.ts';
import type { Ledger } from './ledger.ts';
import { hasBootCode, MBR_BYTES, mbrEntries, mbrPartition, PROTECTIVE_TYPE } from './mbr.ts';
import type { Notice } from './rule.ts';

/** Up to the end of a usual GPT in sectors of 4096 bytes: two sectors and 128 entries of 128 bytes. */
export const START_BYTES = 2 * 4096 + 128 * 128;
/** Four times the usual table. */
const MAX_TABLE_BYTES = 64 * 1024;
/** UEFI 2.10, section 5.3.3: EFI system partition; its type in an MBR (section 5.2.2). */
const EFI_SYSTEM_TYPES = ['C12A7328-F81F-11D2-BA4B-00A0C93EC93B', '0xef'];
/** Where GRUB keeps what an MBR has no room for (GNU GRUB manual, "BIOS installation"). */
const BIOS_BOOT_TYPE = '21686148-6449-6E6F-744E-656564454649';
/** What FoundImage keeps, as many as a usual table has. */
const MAX_PARTITIONS = 128;

const TABLE: Notice = { code: 'partition-table', title: 'partition table of the disk', at: 'byte 0 of the disk' };
const GPT_SOUND: Notice = {
  code: 'damaged-gpt',
  title: 'checksums of the GPT',
  at: 'u32@16 and u32@88 of the GPT header, in the second sector of the disk',
};
const INSIDE_DISK: Notice = { code: 'partition-past-end', title: 'partitions and table end inside the disk' };

export const PARTITION_NOTICES: readonly Notice[] = [TABLE, GPT_SOUND, INSIDE_DISK];

/**
 * The partition table of the guest's disk.
 * @returns undefined where there is none, or none that can be read: the ledger then says why
 * @throws Refusal when the tables of the format lead out of the file
 */
export async function readPartitionTable(guest: GuestDisk, ledger: Ledger): Promise<PartitionTable | undefined> {
  try {
    const table = await tableOf(guest, ledger);
    ledger.note(TABLE, table === undefined ? 'There is none.' : summary(table));
    if (table !== undefined) warnOfEnd(table, guest, ledger);
    return table;
  } catch (error) {
    if (!(error instanceof NotRead)) throw error;
    skipPartitionTable(ledger, error.message);
    return undefined;
  }
}

export function skipPartitionTable(ledger: Ledger, reason: string): void {
  ledger.skip(TABLE, `Not read. ${reason}`);
}

async function tableOf(guest: GuestDisk, ledger: Ledger): Promise<PartitionTable | undefined> {
  const start = await guest.read(0, START_BYTES);
  const sectorBytes = guest.sectorBytes ?? MBR_BYTES;
  const entries = mbrEntries(start.subarray(0, MBR_BYTES), guest.virtualSize / sectorBytes);
  // Firmware and systems look for a GPT only where the MBR announces it (UEFI 2.10, section 5.2.3).
  if (entries.some(({ type }) => type === PROTECTIVE_TYPE)) return gptOf(guest, start, ledger);
  if (entries.length === 0) return undefined;
  const partitions = entries.map((entry) => mbrPartition(entry, sectorBytes));
  return tableWith('mbr', partitions, { sectorBytes, endBytes: endOf(partitions), start });
}

async function gptOf(guest: GuestDisk, start: Buffer, ledger: Ledger): Promise<PartitionTable | undefined> {
  const header = soundHeader(start);
  const partitions = header === undefined ? undefined : gptPartitions(await entriesOf(guest, header, start), header);
  ledger.warnIf(
    partitions === undefined,
    GPT_SOUND,
    'The MBR of the disk announces a GPT, but none of sound checksums follows it: it may have been damaged, or cut off.',
  );
  if (header === undefined || partitions === undefined) return undefined;
  const { sectorBytes, backupSector } = header;
  const endBytes = Math.max((backupSector + 1) * sectorBytes, endOf(partitions));
  return tableWith('gpt', partitions, { sectorBytes, endBytes, start });
}

function soundHeader(start: Buffer): GptHeader | undefined {
  return SECTOR_SIZES.filter((bytes) => start.toString('latin1', bytes, bytes + GPT_SIGNATURE.length) === GPT_SIGNATURE)
    .map((bytes) => gptHeader(start, bytes))
    .find((header) => header !== undefined);
}

/** Most tables follow the header; some tools leave room for a boot loader between. */
async function entriesOf(guest: GuestDisk, header: GptHeader, start: Buffer): Promise<Buffer> {
  const offset = header.entriesSector * header.sectorBytes;
  const length = header.entries * header.entryBytes;
  if (length > MAX_TABLE_BYTES) throw new NotRead(`The GPT has ${header.entries} entries, together ${length} bytes.`);
  if (offset + length <= start.length) return start.subarray(offset, offset + length);
  return guest.read(offset, length);
}

interface Layout {
  readonly sectorBytes: number;
  readonly endBytes: number;
  /** Of the disk. */
  readonly start: Buffer;
}

function tableWith(
  scheme: PartitionTable['scheme'],
  partitions: readonly Partition[],
  { sectorBytes, endBytes, start }: Layout,
): PartitionTable {
  const isForEfi = partitions.some(({ type }) => EFI_SYSTEM_TYPES.includes(type));
  const isForBios = partitions.some(({ type }) => type === BIOS_BOOT_TYPE) || hasBootCode(start);
  return {
    scheme,
    sectorBytes,
    partitions: partitions.slice(0, MAX_PARTITIONS),
    endBytes,
    ...(isForEfi && !isForBios ? { firmware: 'uefi' } : {}),
  };
}

const endOf = (partitions: readonly Partition[]): number =>
  Math.max(0, ...partitions.map(({ offset, length }) => offset + length));

function summary({ scheme, sectorBytes, partitions, firmware }: PartitionTable): string {
  const boot = firmware === undefined ? '' : ', for UEFI only';
  return `${scheme.toUpperCase()} in sectors of ${sectorBytes} bytes, partitions: ${partitions.length}${boot}.`;
}

function warnOfEnd({ scheme, endBytes }: PartitionTable, { virtualSize }: GuestDisk, ledger: Ledger): void {
  const what = scheme === 'gpt' ? 'A partition or the copy of the GPT' : 'A partition';
  ledger.warnIf(
    endBytes > virtualSize,
    INSIDE_DISK,
    `${what} reaches to byte ${endBytes}, past the end of the disk at ${virtualSize}.`,
  );
}
