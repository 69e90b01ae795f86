import type { Check } from '../../lambda/formats/inspect.ts';
import type { PartitionTable } from '../../lambda/model/image.ts';
import { formatBytes } from '../format-bytes.ts';
import { printable } from '../printable.ts';
import type { InspectDocument } from './document.ts';
import type { SentValue } from './metadata.ts';
import type { TargetVerdict } from './targets.ts';

/** What `imagedrop inspect` prints for people. */
export function report(document: InspectDocument): string {
  const sections = [
    [headline(document), ...facts(document)],
    ['checks', ...document.checks.map(checkLine)],
    document.targets.length === 0 ? [] : ['targets', ...document.targets.flatMap(targetLines)],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map(printable).join('\n'))
    .join('\n\n')}\n`;
}

function headline({ source, verdict, code }: InspectDocument): string {
  return verdict === 'accept' ? `${source}: safe` : `${source}: refused (${code})`;
}

function facts(document: InspectDocument): string[] {
  const { format, subformat, size, virtualSize, partitionTable, warnings = [], message, nextStep } = document;
  const { chosenTargets: chosen } = document;
  return [
    ...(format === undefined ? [] : [fact('format', [format, subformat].filter(Boolean).join(' '))]),
    fact('file', inBytes(size)),
    ...(virtualSize === undefined ? [] : [fact('disk', inBytes(virtualSize))]),
    ...(partitionTable === undefined ? [] : [fact('partitions', partitions(partitionTable))]),
    ...(chosen === undefined ? [] : [fact('goes to', `${chosen.join(', ')} alone`)]),
    ...warnings.map((warning) => fact('warning', warning)),
    ...(message === undefined ? [] : [fact('why', message)]),
    ...(nextStep === undefined ? [] : [fact('next', nextStep)]),
  ];
}

const fact = (name: string, value: string): string => `  ${name.padEnd(12)}${value}`;

const inBytes = (bytes: number): string => `${formatBytes(bytes)} (${bytes} bytes)`;

function partitions({ scheme, partitions: all, endBytes, sectorBytes, firmware }: PartitionTable): string {
  const boots = firmware === undefined ? '' : '; boots by UEFI only';
  const count = `${all.length} partition${all.length === 1 ? '' : 's'}`;
  return `${scheme.toUpperCase()}, ${count} up to ${inBytes(endBytes)}, sectors of ${sectorBytes} bytes${boots}`;
}

function checkLine({ outcome, title, at, cve, detail }: Check): string {
  const place = [at, cve].filter(Boolean).join(', ');
  const where = place === '' ? '' : ` (${place})`;
  const found = detail === undefined ? '' : `: ${detail}`;
  return `  ${outcome.padEnd(9)}${title}${where}${found}`;
}

function targetLines(target: TargetVerdict): string[] {
  const name = `  ${target.name} (${target.kind})`;
  if (target.taken) {
    const how = `${name}: taken as ${target.diskFormat}, by ${target.route}. ${target.reason}`;
    return [how, ...metadataLines(target.metadata)];
  }
  if ('reason' in target) return [`${name}: not sent there. ${target.reason}`];
  return [`${name}: not taken (${target.code}). ${target.message}`, `    next  ${target.nextStep}`];
}

/** The value in the middle may be long; where it comes from stands in one column as far as it can. */
const VALUE_COLUMN = 32;

function metadataLines(values: readonly SentValue[]): string[] {
  const width = Math.max(...values.map(({ name }) => name.length)) + 2;
  return values.map(
    ({ name, value, origin }) => `    ${name.padEnd(width)}${shown(value).padEnd(VALUE_COLUMN)}  ${origin}`,
  );
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  return String(value);
}
