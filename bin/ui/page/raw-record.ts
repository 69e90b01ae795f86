import type { DropRecord } from '../../../lambda/model/record.ts';
import { COPY, SAVE } from './icons.ts';
import { html, type TemplateResult } from './lit.ts';
import { splitKey } from './words.ts';

/** The record as it is in the bucket. */
export function rawRecord(record: DropRecord, say: (text: string) => void): TemplateResult {
  const text = JSON.stringify(record, undefined, 2);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    say('The record is copied.');
  };
  return html`<details class="card raw">
    <summary><h2>Record</h2></summary>
    <div class="actions">
      <button class="button" @click=${copy}>${COPY} Copy</button>
      <button class="button" @click=${() => save(record, text)}>${SAVE} Save</button>
    </div>
    <pre tabindex="0" role="region" aria-label="Record as JSON">${text}</pre>
  </details>`;
}

function save({ drop, target }: DropRecord, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.download = `${splitKey(drop.key)[1]}.${target}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}
