import type { HashAlgorithm } from '../../../lambda/model/image.ts';
import type { DropRecord } from '../../../lambda/model/record.ts';
import { card, code, facts } from './card.ts';
import { html, nothing, type TemplateResult } from './lit.ts';

/** The image that was asked of the target. */
export function sentCard({ sent, plan, image, target, generation }: DropRecord) {
  if (sent === undefined && plan === undefined) return nothing;
  const content = html`${facts([
    ['Image', code(image?.id)],
    ['Name', sent?.name],
    ['Target', target],
    ['Disk format', plan?.diskFormat],
    ['Route', plan && html`${plan.route} <span class="muted">${plan.reason}</span>`],
    ['Least disk', sent && `${sent.minDisk} GiB`],
    ['Least memory', sent && `${sent.minRam} MiB`],
    ['Visibility', sent?.visibility],
    ['Protected', sent?.protected === true ? 'yes' : undefined],
    ['Tags', sent?.tags.join(', ')],
    ['Generation', generation > 1 ? String(generation) : undefined],
  ])}
  ${sent === undefined ? nothing : properties(sent.properties)}`;
  return card('sent-title', 'What was sent', content);
}

function properties(all: Readonly<Record<string, string>>) {
  const entries = Object.entries(all);
  if (entries.length === 0) return nothing;
  return html`<h3>Properties</h3>
    ${facts(entries.map(([name, value]) => [code(name) as unknown as string, value] as const))}`;
}

/** The hashes of what was read, and how they compare with what the target reports. */
export function hashesCard({ hashes = {}, verification, unread }: DropRecord) {
  const known = HASH_NAMES.filter((name) => hashes[name] !== undefined || verification?.reported[name] !== undefined);
  if (known.length === 0 && verification === undefined) return nothing;
  const content = html`${verdict(verification)}
    ${known.map((name) => hash(name, hashes[name], verification?.reported[name]))}
    ${unread === undefined ? nothing : html`<p class="muted">${unread}</p>`}`;
  return card('hashes-title', 'Hashes', content);
}

function verdict(verification: DropRecord['verification']) {
  if (verification === undefined) return nothing;
  const { outcome, algorithm, reason } = verification;
  if (outcome === 'verified') return html`<p class="verdict good">Verified: size and ${algorithm} agree.</p>`;
  return html`<p class="verdict">Not verified: ${reason ?? 'the target reports no hash that could be compared.'}</p>`;
}

function hash(name: string, ours: string | undefined, theirs: string | undefined): TemplateResult {
  const isSame = ours !== undefined && ours === theirs;
  if (isSame)
    return html`<div class="hash"><h3>${name} <span class="muted">read = reported</span></h3><code>${ours}</code></div>`;
  return html`<div class="hash"><h3>${name}</h3>
    ${ours === undefined ? nothing : html`<p class="muted">read from the bucket</p><code>${ours}</code>`}
    ${theirs === undefined ? nothing : html`<p class="muted">reported by the target</p><code>${theirs}</code>`}</div>`;
}

const HASH_NAMES: readonly HashAlgorithm[] = ['md5', 'sha256', 'sha512'];
