import type { FoundImage } from '../../lambda/model/image.ts';
import {
  type DropRecord,
  isMoving,
  type RecordedChecksum,
  type RecordedManifest,
  type RecordedMember,
  type RecordedPacked,
  type Verification,
} from '../../lambda/model/record.ts';
import { formatBytes } from '../format-bytes.ts';
import { formatAge } from '../terminal/durations.ts';
import type { Style } from '../terminal/styles.ts';

/** One thing that a record says. */
export interface Fact {
  readonly name: string;
  readonly value: string;
  readonly style?: Style;
}

/** What a record says, in the order in which it came about; docs/record.md has all of it. */
export function factsOf(record: DropRecord, now: Date): readonly Fact[] {
  return [
    ...dropped(record, now),
    ...published(record),
    ...found(record),
    ...planned(record),
    ...sent(record),
    ...outcome(record),
  ];
}

const fact = (name: string, value: string | undefined, style?: Style): Fact[] =>
  value === undefined || value === '' ? [] : [{ name, value, ...(style !== undefined && { style }) }];

function dropped({ drop }: DropRecord, now: Date): Fact[] {
  const age = formatAge((now.getTime() - Date.parse(drop.droppedAt)) / 1000);
  return [
    ...fact('dropped', `${drop.droppedAt} (${age} ago), ${formatBytes(drop.size)} (${drop.size} bytes)`),
    ...fact('version', drop.versionId ?? drop.id),
    ...fact('chosen', drop.targets && `goes to ${drop.targets.join(', ')} alone`),
  ];
}

function published({ publisher = {} }: DropRecord): Fact[] {
  const { checksum, signature, unusable = [] } = publisher;
  return [
    ...(checksum === undefined
      ? []
      : fact('published', checksumText(checksum), AGREEMENT_STYLES[`${checksum.agrees}`])),
    ...fact('signed', signature && `by ${signature.by}, key ${signature.key}, in ${signature.file}`, 'green'),
    ...unusable.flatMap(({ reason }) => fact('not used', reason, 'yellow')),
  ];
}

const AGREEMENT_STYLES: Readonly<Record<string, Style>> = { true: 'green', false: 'red', unknown: 'yellow' };

function checksumText({ algorithm, value, from, agrees, reason, weak }: RecordedChecksum): string {
  const outcomes = { true: 'the file agrees', false: 'the file does not agree', undefined: 'not compared yet' };
  const outcome = agrees === 'unknown' ? (reason ?? agrees) : outcomes[`${agrees}`];
  return `${algorithm} ${value}${weak ? ' (weak)' : ''} from ${from}: ${outcome}`;
}

const compared = (manifest: RecordedManifest | undefined): string =>
  manifest === undefined ? '' : `, compared with the ${manifest.algorithm} in ${manifest.file}`;

function packedText({ format, unpackedBytes, member, sha256, manifest }: RecordedPacked): string {
  const inside = member === undefined ? '' : `, ${member} inside`;
  return `${format}${inside}, unpacked to ${formatBytes(unpackedBytes)} (sha256 ${sha256})${compared(manifest)}`;
}

function memberText({ name, offset, bytes, manifest }: RecordedMember): string {
  return `tar, ${name} inside with ${formatBytes(bytes)} (${bytes} bytes), read from byte ${offset}${compared(manifest)}`;
}

function found({ found: image, packed, member }: DropRecord): Fact[] {
  const inside = [...fact('packed', packed && packedText(packed)), ...fact('packed', member && memberText(member))];
  if (image === undefined) return inside;
  const format = [image.format, image.subformat].filter((part) => part !== undefined).join(' ');
  return [
    ...inside,
    ...fact('found', `${format}, a disk of ${formatBytes(image.virtualSize)} (${image.virtualSize} bytes)`),
    ...fact('partitions', partitions(image)),
    ...(image.warnings ?? []).flatMap((warning) => fact('warning', warning, 'yellow')),
  ];
}

function partitions({ partitionTable: table }: FoundImage): string | undefined {
  if (table === undefined) return undefined;
  const boots = table.firmware === undefined ? '' : '; boots by UEFI only';
  return `${table.partitions.length} (${table.scheme.toUpperCase()}), up to ${formatBytes(table.endBytes)}${boots}`;
}

function planned({ plan, image, generation, duplicateOf }: DropRecord): Fact[] {
  const again = generation > 1 ? ` (the ${generation}. that was begun)` : '';
  return [
    ...fact('route', plan && `${plan.route}: ${plan.reason}`),
    ...fact('image', image && `${image.id}${again}`),
    ...fact('duplicate of', duplicateOf),
  ];
}

function sent({ sent: image }: DropRecord): Fact[] {
  if (image === undefined) return [];
  const { name, diskFormat, minDisk, minRam, visibility, tags, properties } = image;
  const guarded = image.protected ? ', protected' : '';
  return [
    ...fact('name', JSON.stringify(name)),
    ...fact('sent as', `${diskFormat}, min_disk ${minDisk} GiB, min_ram ${minRam} MiB, ${visibility}${guarded}`),
    ...fact('tags', tags.join(', ')),
    ...Object.entries(properties).flatMap(([key, value]) => fact('property', `${key}=${value}`)),
  ];
}

function outcome(record: DropRecord): Fact[] {
  const { progress, hashes, verification, receipt, noReceipt, waiting, error, status } = record;
  const isUnderWay = isMoving(status) && progress !== undefined;
  return [
    ...fact('progress', isUnderWay ? progressText(progress) : undefined),
    ...Object.entries(hashes ?? {}).flatMap(([algorithm, digest]) => fact(algorithm, digest)),
    ...verified(verification),
    ...fact('receipt', receipt),
    ...fact('no receipt', noReceipt, 'yellow'),
    ...fact('waiting', waiting && `since ${waiting.since}: ${waiting.message} (${waiting.code})`, 'yellow'),
    ...fact('error', error && `${error.message} (${error.code})`, status === 'failed' ? 'red' : 'yellow'),
    ...fact('next', error?.nextStep, 'bold'),
    ...fact('cause', error?.cause),
  ];
}

function progressText({ bytes, totalBytes, bytesPerSecond }: NonNullable<DropRecord['progress']>): string {
  return `${formatBytes(bytes)} of ${formatBytes(totalBytes)} at ${formatBytes(bytesPerSecond)}/s`;
}

function verified(verification: Verification | undefined): Fact[] {
  if (verification === undefined) return [];
  const { outcome: verdict, algorithm, reason } = verification;
  if (verdict === 'verified')
    return fact('verified', `size and ${algorithm} agree with what the target reports`, 'green');
  return fact('unverified', reason ?? 'the target reports nothing that could be compared', 'yellow');
}
