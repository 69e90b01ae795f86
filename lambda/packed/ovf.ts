import { posix } from 'node:path';
import type { Appliance } from '../model/image.ts';
import { problemIn } from '../model/json-schema.ts';
import { METADATA_SCHEMA } from '../model/metadata-schema.ts';
import { unsupported } from './refusals.ts';
import { parseXml, type XmlElement, XmlError } from './xml.ts';

/** What an OVF descriptor says that is certain (DSP0243, Open Virtualization Format). */
export interface Ovf extends Omit<Appliance, 'capacityBytes'> {
  readonly disks: readonly OvfDisk[];
}

interface OvfDisk {
  /** Its name in the archive. */
  readonly name: string;
  readonly capacityBytes?: number;
  /** Why it cannot be read as it is. */
  readonly obstacle?: string;
}

/** CIM_ResourceAllocationSettingData, ResourceType. */
const MEMORY = '4';
const MIB = 2 ** 20;

/** @throws XmlError */
export function readOvf(file: string, text: string): Ovf {
  const envelope = parseXml(text);
  if (envelope.name !== 'Envelope') throw new XmlError(`its root is ${envelope.name}, not Envelope`);
  // In a collection of several machines it is unknown which of them has the disk.
  const [machine, ...others] = named(envelope, 'VirtualSystem');
  const isOne = machine !== undefined && others.length === 0 && named(envelope, 'VirtualSystemCollection').length === 0;
  return {
    file,
    disks: disksIn(envelope, posix.dirname(file)),
    ...(isOne && { ...nameOf(machine), ...memoryOf(machine) }),
  };
}

/**
 * @param chosen the only disk that counts; each chunk of a disk is a file of its own
 * @throws ImageDropError `unsupported-variant` where the descriptor says that a disk is compressed or cut into chunks
 */
export function requireStored({ file, disks }: Ovf, chosen: string | undefined): void {
  const isMeant = (name: string) => chosen === undefined || `${posix.normalize(chosen)}.`.startsWith(`${name}.`);
  for (const { name, obstacle } of disks) {
    if (obstacle !== undefined && isMeant(name)) throw unsupported(`${file} says that the disk ${name} ${obstacle}.`);
  }
}

/** What the descriptor says of the machine with one disk. */
export function applianceOf({ disks, ...machine }: Ovf, disk: string): Appliance {
  const capacityBytes = disks.find(({ name }) => name === posix.normalize(disk))?.capacityBytes;
  return { ...machine, ...(capacityBytes !== undefined && { capacityBytes }) };
}

const named = ({ children }: XmlElement, name: string): XmlElement[] => children.filter((child) => child.name === name);

const below = (element: XmlElement, ...path: readonly string[]): XmlElement[] =>
  path.reduce((elements, name) => elements.flatMap((each) => named(each, name)), [element]);

function disksIn(envelope: XmlElement, folder: string): OvfDisk[] {
  const files = new Map(below(envelope, 'References', 'File').map(({ attributes }) => [attributes.id, attributes]));
  return below(envelope, 'DiskSection', 'Disk').flatMap(({ attributes: disk }) => {
    const file = disk.fileRef === undefined ? undefined : files.get(disk.fileRef);
    if (file?.href === undefined) return [];
    const capacityBytes = bytesOf(disk.capacity, disk.capacityAllocationUnits ?? 'byte');
    const obstacle = obstacleOf(file);
    const found = {
      ...(capacityBytes !== undefined && { capacityBytes }),
      ...(obstacle !== undefined && { obstacle }),
    };
    return [{ name: posix.join(folder, unescaped(file.href)), ...found }];
  });
}

function obstacleOf({ compression = 'identity', chunkSize }: XmlElement['attributes']): string | undefined {
  if (chunkSize !== undefined) return `is cut into chunks of ${chunkSize} bytes`;
  return compression === 'identity' || compression === '' ? undefined : `is compressed (${compression})`;
}

/** A reference is a URI. */
function unescaped(href: string): string {
  try {
    return decodeURIComponent(href);
  } catch {
    return href;
  }
}

/** A name that an image can have. */
function nameOf(machine: XmlElement): Pick<Appliance, 'name'> {
  const [{ text: name } = { text: '' }] = named(machine, 'Name');
  return problemIn(name, METADATA_SCHEMA.properties.name) === undefined ? { name } : {};
}

/** Items of some configurations, and memory in several items, leave open how much there is. */
function memoryOf(machine: XmlElement): Pick<Appliance, 'memoryMib'> {
  const items = below(machine, 'VirtualHardwareSection', 'Item').filter(
    (item) => textOf(item, 'ResourceType') === MEMORY,
  );
  const [item] = items;
  if (item === undefined || items.length > 1 || item.attributes.configuration !== undefined) return {};
  const memoryMib = (bytesOf(textOf(item, 'VirtualQuantity'), textOf(item, 'AllocationUnits')) ?? 0) / MIB;
  const isTaken = memoryMib > 0 && problemIn(memoryMib, METADATA_SCHEMA.properties.min_ram) === undefined;
  return isTaken ? { memoryMib } : {};
}

const textOf = (element: XmlElement, name: string): string | undefined => named(element, name)[0]?.text;

/** Programmatic units (DSP0004, annex C), and what was written before them. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['byte', 1],
  ['bytes', 1],
  ['kb', 2 ** 10],
  ['kilobytes', 2 ** 10],
  ['mb', MIB],
  ['megabytes', MIB],
  ['gb', 2 ** 30],
  ['gigabytes', 2 ** 30],
]);

/** @returns undefined where it is not certain */
function bytesOf(quantity: string | undefined, units = ''): number | undefined {
  const [, base, exponent] = /^byte\s*\*\s*(\d{1,4})\s*\^\s*(\d{1,2})$/i.exec(units) ?? [];
  const unit = base === undefined ? UNITS.get(units.toLowerCase()) : Number(base) ** Number(exponent);
  const bytes = unit === undefined || !/^\d+$/.test(quantity ?? '') ? Number.NaN : Number(quantity) * unit;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
