import type { Check } from '../../../lambda/formats/reading/rule.ts';
import type { PartitionTable } from '../../../lambda/model/image.ts';
import type { DropRecord, RecordedChecksum } from '../../../lambda/model/record.ts';
import type { DropChecks } from '../checks.ts';
import { card, facts } from './card.ts';
import { SKIPPED, STATUS_ICONS, WARNED } from './icons.ts';
import { html, nothing, type TemplateResult } from './lit.ts';
import type { ApiError } from './session.ts';
import { formatBytes } from './words.ts';

/** What is in the file, as the record says. */
export function foundCard({ found, packed, member, drop, publisher }: DropRecord): TemplateResult {
  const exact = (bytes: number) =>
    html`${formatBytes(bytes)} <span class="muted">${bytes.toLocaleString('en')} bytes</span>`;
  const content = html`${facts([
    ['Format', found && [found.format, found.subformat].filter(Boolean).join(' ')],
    ['File', exact(drop.size)],
    ['Published checksum', publisher?.checksum && agreement(publisher.checksum)],
    ['Signed by', publisher?.signature && `${publisher.signature.by} (key ${publisher.signature.key})`],
    ['Packed', packed && [packed.format, packed.member].filter(Boolean).join(', ')],
    ['Unpacked', packed && exact(packed.unpackedBytes)],
    ['Inside', member && html`${member.name} ${exact(member.bytes)}`],
    ['Disk', found && exact(found.virtualSize)],
    ['Boots by', found?.partitionTable?.firmware === 'uefi' ? 'UEFI only' : undefined],
  ])}
  ${found?.warnings?.map((warning) => html`<p class="warning">${WARNED} ${warning}</p>`)}
  ${found?.partitionTable === undefined ? nothing : partitionMap(found.partitionTable)}`;
  return card('found-title', 'What was found', content);
}

function agreement({ algorithm, from, agrees, weak }: RecordedChecksum): string {
  const outcomes = { true: 'agrees', false: 'does not agree', unknown: 'unknown', undefined: 'not compared yet' };
  return `${outcomes[`${agrees}`]} (${algorithm}${weak ? ', weak' : ''}, from ${from})`;
}

/** The disk as a bar: where its partitions lie. */
function partitionMap({ scheme, partitions, endBytes }: PartitionTable): TemplateResult {
  const share = (bytes: number) => `${(bytes / Math.max(endBytes, 1)) * 100}%`;
  return html`<h3>Partitions (${scheme.toUpperCase()})</h3>
    <div class="disk" aria-hidden="true">${partitions.map(
      ({ offset, length }) => html`<span .style=${`left: ${share(offset)}; width: ${share(length)}`}></span>`,
    )}</div>
    <ul class="partitions">${partitions.map(
      ({ name, type, offset, length }) =>
        html`<li><strong>${name ?? type}</strong> ${formatBytes(length)} <span class="muted">from ${formatBytes(offset)}${name === undefined ? '' : `, type ${type}`}</span></li>`,
    )}</ul>`;
}

const OUTCOMES: Readonly<Record<Check['outcome'], readonly [icon: TemplateResult, label: string, tone: string]>> = {
  passed: [STATUS_ICONS.active, 'passed', 'good'],
  refused: [STATUS_ICONS.failed, 'refused', 'bad'],
  warned: [WARNED, 'warned', 'waiting'],
  skipped: [SKIPPED, 'not made', 'quiet'],
};

/** Every check of the file with its outcome. @param checks undefined while they are made */
export function checksCard(checks: DropChecks | ApiError | undefined): TemplateResult {
  return card('checks-title', 'Checks', checksContent(checks));
}

function checksContent(checks: DropChecks | ApiError | undefined) {
  if (checks === undefined) return html`<p class="muted" role="status">Looking at the file …</p>`;
  if ('message' in checks) return html`<p><strong>${checks.message}</strong> ${checks.nextStep}</p>`;
  const made = checks.checks.filter(({ outcome }) => outcome !== 'skipped');
  const skipped = checks.checks.filter(({ outcome }) => outcome === 'skipped');
  return html`<p>${summary(checks)}</p>
    <ul class="checks">${made.map(checkItem)}</ul>
    ${skipped.length === 0 ? nothing : html`<details><summary>${skipped.length} were not made</summary><ul class="checks">${skipped.map(checkItem)}</ul></details>`}`;
}

function summary({ verdict, checks }: DropChecks): string {
  const passed = checks.filter(({ outcome }) => outcome === 'passed').length;
  const made = checks.filter(({ outcome }) => outcome !== 'skipped').length;
  return `${passed} of ${made} checks passed; the file is ${verdict === 'accept' ? 'safe' : 'refused'}.`;
}

function checkItem({ title, at, cve, outcome, detail }: Check): TemplateResult {
  const [icon, label, tone] = OUTCOMES[outcome];
  const place = [at, cve].filter(Boolean).join(', ');
  return html`<li class="check tone-${tone}">
    <span class="dot">${icon}</span>
    <div><span class="hidden">${label}: </span>${title}${place === '' ? nothing : html` <span class="muted">${place}</span>`}
      ${detail === undefined ? nothing : html`<p class="muted">${detail}</p>`}</div>
  </li>`;
}
