import type { Check } from '../../lambda/formats/inspect.ts';
import type { PartitionTable } from '../../lambda/model/image.ts';
import { formatBytes } from '../format-bytes.ts';
import { printable } from '../printable.ts';
import type { Style, Styler } from '../terminal/styles.ts';
import type { InspectDocument } from './document.ts';
import type { Packed } from './inside.ts';
import type { SentValue } from './metadata.ts';
import type { TargetVerdict } from './targets.ts';

/** Wider than any name of a fact, and than any outcome. */
const NAME_CHARACTERS = 12;
const OUTCOME_CHARACTERS = 9;

const STYLES = { passed: 'green', warned: 'yellow', refused: 'red' } as const;

/**
 * What `imagedrop inspect` prints for people: the verdict, what was found, and the checks that matter.
 * @param allChecks whether checks are listed that passed or were skipped
 */
export function report(document: InspectDocument, style: Styler, allChecks = false): string {
  const title = (text: string) => style('bold', text);
  const sections = [
    [headline(document, style), ...facts(document, style)],
    [title('checks'), ...checkLines(document.checks, style, allChecks)],
    [title('targets'), ...document.targets.flatMap((target) => targetLines(target, style))],
  ];
  const shown = document.targets.length === 0 ? sections.slice(0, -1) : sections;
  return `${shown.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function headline({ source, verdict, code = '' }: InspectDocument, style: Styler): string {
  const word = verdict === 'accept' ? style('green', 'safe') : style('red', `refused (${printable(code)})`);
  return `${style('bold', printable(source))}: ${word}`;
}

function facts(document: InspectDocument, style: Styler): string[] {
  const { format, subformat, size, virtualSize, partitionTable, warnings = [], message, nextStep } = document;
  const { packed, chosenTargets: chosen } = document;
  const fact = (name: string, value: string, wanted?: Style): string => {
    const shown = printable(value);
    return `  ${style('dim', name.padEnd(NAME_CHARACTERS))}${wanted === undefined ? shown : style(wanted, shown)}`;
  };
  return [
    ...(format === undefined ? [] : [fact('format', [format, subformat].filter(Boolean).join(' '))]),
    fact('file', inBytes(size)),
    ...(packed === undefined ? [] : [fact('packed', packedAs(packed))]),
    ...(virtualSize === undefined ? [] : [fact('disk', inBytes(virtualSize))]),
    ...(partitionTable === undefined ? [] : [fact('partitions', partitions(partitionTable))]),
    ...(chosen === undefined ? [] : [fact('goes to', `${chosen.join(', ')} alone`)]),
    ...warnings.map((warning) => fact('warning', warning, 'yellow')),
    ...(message === undefined ? [] : [fact('why', message, 'red')]),
    ...(nextStep === undefined ? [] : [fact('next', nextStep, 'bold')]),
  ];
}

/** "tar.gz, disk.raw inside with 10 GiB (10737418240 bytes)" */
function packedAs({ format, member, unpackedBytes, manifest }: Packed): string {
  const size = inBytes(unpackedBytes);
  const agrees = manifest === undefined ? '' : `; its ${manifest.algorithm} agrees with ${manifest.file}`;
  return member === undefined ? `${format}, ${size} inside` : `${format}, ${member} inside with ${size}${agrees}`;
}

const inBytes = (bytes: number): string => `${formatBytes(bytes)} (${bytes} bytes)`;

function partitions({ scheme, partitions: all, endBytes, sectorBytes, firmware }: PartitionTable): string {
  const boots = firmware === undefined ? '' : '; boots by UEFI only';
  const count = `${all.length} partition${all.length === 1 ? '' : 's'}`;
  return `${scheme.toUpperCase()}, ${count} up to ${inBytes(endBytes)}, sectors of ${sectorBytes} bytes${boots}`;
}

function checkLines(checks: readonly Check[], style: Styler, all: boolean): string[] {
  const matters = checks.filter(({ outcome }) => outcome === 'refused' || outcome === 'warned');
  const lines = (all ? checks : matters).map((check) => checkLine(check, style));
  if (all) return lines;
  const passed = checks.filter(({ outcome }) => outcome === 'passed').length;
  return [...lines, `  ${style('green', 'passed'.padEnd(OUTCOME_CHARACTERS))}${passed}; --checks lists them`];
}

function checkLine({ outcome, title, at, cve, detail }: Check, style: Styler): string {
  const place = [at, cve].filter(Boolean).join(', ');
  const where = place === '' ? '' : ` (${place})`;
  const found = detail === undefined ? '' : `: ${detail}`;
  const [word, text] = [outcome.padEnd(OUTCOME_CHARACTERS), printable(`${title}${where}${found}`)];
  // What was not looked at is not worth a look.
  if (outcome === 'skipped') return `  ${style('dim', `${word}${text}`)}`;
  return `  ${style(STYLES[outcome], word)}${text}`;
}

function targetLines(target: TargetVerdict, style: Styler): string[] {
  const name = `  ${printable(`${target.name} (${target.kind})`)}`;
  if (target.taken) {
    const how = `taken as ${target.diskFormat}, by ${target.route}. ${target.reason}`;
    return [`${name}: ${printable(how)}`, ...metadataLines(target.metadata).map(printable)];
  }
  if ('reason' in target) return [`${name}: not sent there. ${printable(target.reason)}`];
  const not = style('yellow', `not taken (${printable(target.code)})`);
  const next = `    next  ${style('bold', printable(target.nextStep))}`;
  return [`${name}: ${not}. ${printable(target.message)}`, next];
}

/** The value in the middle may be long; its origin is in one column as far as possible. */
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
