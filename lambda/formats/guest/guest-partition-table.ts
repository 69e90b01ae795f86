import type { Partition, PartitionTable } from '../../model/image.ts';
import { BOUNDED } from '../reading/bytes.ts';
import type { Ledger } from '../reading/ledger.ts';
import { type Notice, Refusal } from '../reading/rule.ts';
import { type GuestDisk, NotRead } from './disk.ts';
import { type GptHeader, type GptTable, gptHeader, gptTable, SECTOR_SIZES } from './gpt.ts';
import { MBR_BYTES, mbrEntries, mbrPartition, PROTECTIVE_TYPE, showsBiosBoot } from './mbr.ts';

/** Up to the end of a usual GPT in sectors of 4096 bytes: two sectors and 128 entries of 128 bytes. */
const START_BYTES = 2 * 4096 + 128 * 128;
/** Four times the usual table. */
const MAX_TABLE_BYTES = 64 * 1024;
/** What clouds give to a guest. */
const USUAL_SECTOR_BYTES = 512;
/** UEFI 2.10, section 5.3.3: EFI system partition; its type in an MBR (section 5.2.2). */
const EFI_SYSTEM_TYPES = ['C12A7328-F81F-11D2-BA4B-00A0C93EC93B', '0xef'];
/** What only a BIOS starts: GRUB's place for what an MBR has no room for (GNU GRUB manual), and FreeBSD's loader (gpt(8)). */
const BIOS_BOOT_TYPES = ['21686148-6449-6E6F-744E-656564454649', '83BD6B9D-7F41-11DC-BE0B-001560B84F0F'];
/** What FoundImage keeps, as many as a usual table has. */
const MAX_PARTITIONS = 128;

const TABLE: Notice = { code: 'partition-table', title: 'partition table of the disk', at: 'byte 0 of the disk' };
const GPT_SOUND: Notice = {
  code: 'damaged-gpt',
  title: 'checksums of the GPT',
  at: 'u32@16 and u32@88 of the GPT header, in the second sector of the disk',
};
const INSIDE_DISK: Notice = { code: 'partition-past-end', title: 'partitions and table end inside the disk' };
const SECTORS: Notice = { code: 'large-sectors', title: 'partition table counts sectors of 512 bytes' };

export const PARTITION_NOTICES: readonly Notice[] = [TABLE, GPT_SOUND, INSIDE_DISK, SECTORS];

/**
 * The partition table of the guest's disk.
 * @returns undefined where there is none, or none that can be read: the ledger then says why
 * @throws Refusal when the tables of the format lead out of the file
 */
export async function readPartitionTable(guest: GuestDisk, ledger: Ledger): Promise<PartitionTable | undefined> {
  try {
    const table = await tableOf(guest, ledger);
    ledger.note(TABLE, table === undefined ? 'There is none.' : summary(table));
    if (table !== undefined) warnOfTable(table, guest, ledger);
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
  return tableWith('mbr', partitions, { sectorBytes, endBytes: endOf(partitions), showsBios: showsBiosBoot(start) });
}

async function gptOf(guest: GuestDisk, start: Buffer, ledger: Ledger): Promise<PartitionTable | undefined> {
  const gpt = await findGpt(guest);
  const isPrimary = gpt?.header.ownSector === 1;
  ledger.warnIf(!isPrimary, GPT_SOUND, gpt === undefined ? NO_GPT : ONLY_COPY);
  if (gpt === undefined) return undefined;
  const { header, partitions, hasLegacyBoot } = gpt;
  const { sectorBytes, ownSector, otherSector } = header;
  const endBytes = Math.max((Math.max(ownSector, otherSector) + 1) * sectorBytes, endOf(partitions));
  return tableWith('gpt', partitions, { sectorBytes, endBytes, showsBios: hasLegacyBoot || showsBiosBoot(start) });
}

const NO_GPT =
  'The MBR of the disk announces a GPT, but none of sound checksums follows it: it may have been damaged, or cut off.';
const ONLY_COPY =
  'The GPT at the start of the disk is damaged, and its copy at the end is intact. Systems start from the copy; repair the first one with gdisk.';

export interface Gpt extends GptTable {
  readonly header: GptHeader;
}

/**
 * The GPT at the start of the disk, or else its copy at the end.
 * @returns undefined where neither has the right checksums
 */
export async function findGpt(guest: GuestDisk): Promise<Gpt | undefined> {
  const start = await guest.read(0, START_BYTES);
  const headers = SECTOR_SIZES.flatMap((bytes) => gptHeader(start.subarray(bytes), 1, bytes) ?? []);
  const [primary] = await tablesOf(guest, headers);
  return primary ?? (await findCopy(guest));
}

async function findCopy(guest: GuestDisk): Promise<Gpt | undefined> {
  try {
    const [copy] = await tablesOf(guest, await copiesOfHeader(guest));
    return copy;
  } catch (error) {
    // A missing copy does not refuse the file when finding it takes more reads than there are left.
    if (error instanceof NotRead || (error instanceof Refusal && error.rule === BOUNDED)) return undefined;
    throw error;
  }
}

async function copiesOfHeader(guest: GuestDisk): Promise<GptHeader[]> {
  const largest = Math.max(...SECTOR_SIZES);
  const end = await guest.read(Math.max(0, guest.virtualSize - largest), largest);
  return SECTOR_SIZES.filter((bytes) => bytes <= end.length && guest.virtualSize % bytes === 0).flatMap(
    (bytes) => gptHeader(end.subarray(-bytes), guest.virtualSize / bytes - 1, bytes) ?? [],
  );
}

async function tablesOf(guest: GuestDisk, headers: readonly GptHeader[]): Promise<Gpt[]> {
  const tables: Gpt[] = [];
  for (const header of headers) {
    const table = gptTable(await entriesOf(guest, header), header);
    if (table !== undefined) tables.push({ header, ...table });
  }
  return tables;
}

/** Most tables follow the header; some tools leave room for a boot loader between. */
async function entriesOf(guest: GuestDisk, header: GptHeader): Promise<Buffer> {
  const offset = header.entriesSector * header.sectorBytes;
  const length = header.entries * header.entryBytes;
  if (length > MAX_TABLE_BYTES) throw new NotRead(`The GPT has ${header.entries} entries, together ${length} bytes.`);
  if (offset + length > START_BYTES) return guest.read(offset, length);
  const start = await guest.read(0, START_BYTES);
  return start.subarray(offset, offset + length);
}

interface Layout {
  readonly sectorBytes: number;
  readonly endBytes: number;
  /** Whether something beside the partitions shows that a BIOS starts the disk. */
  readonly showsBios: boolean;
}

function tableWith(
  scheme: PartitionTable['scheme'],
  partitions: readonly Partition[],
  { sectorBytes, endBytes, showsBios }: Layout,
): PartitionTable {
  const isForEfi = partitions.some(({ type }) => EFI_SYSTEM_TYPES.includes(type));
  const isForBios = showsBios || partitions.some(({ type }) => BIOS_BOOT_TYPES.includes(type));
  const isBootable = sectorBytes === USUAL_SECTOR_BYTES;
  return {
    scheme,
    sectorBytes,
    partitions: partitions.slice(0, MAX_PARTITIONS),
    endBytes,
    ...(isBootable && isForEfi && !isForBios ? { firmware: 'uefi' } : {}),
  };
}

const endOf = (partitions: readonly Partition[]): number =>
  Math.max(0, ...partitions.map(({ offset, length }) => offset + length));

function summary({ scheme, sectorBytes, partitions, firmware }: PartitionTable): string {
  const boot = firmware === undefined ? '' : ', for UEFI only';
  return `${scheme.toUpperCase()} in sectors of ${sectorBytes} bytes, partitions: ${partitions.length}${boot}.`;
}

function warnOfTable({ scheme, endBytes, sectorBytes }: PartitionTable, guest: GuestDisk, ledger: Ledger): void {
  const what = scheme === 'gpt' ? 'A partition or the copy of the GPT' : 'A partition';
  ledger.warnIf(
    endBytes > guest.virtualSize,
    INSIDE_DISK,
    `${what} reaches to byte ${endBytes}, past the end of the disk at ${guest.virtualSize}.`,
  );
  ledger.warnIf(
    sectorBytes !== USUAL_SECTOR_BYTES,
    SECTORS,
    `The partition table counts sectors of ${sectorBytes} bytes: on a disk with sectors of 512 bytes, which clouds provide, it is not found, and the image does not boot.`,
  );
}
