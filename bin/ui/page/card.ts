import { html, nothing, type TemplateResult } from './lit.ts';

/** A part of a drop's page, with a heading of its own. */
export function card(id: string, title: string, content: unknown, className = ''): TemplateResult {
  return html`<section class="card ${className}" aria-labelledby=${id}>
    <h2 id=${id}>${title}</h2>
    ${content}
  </section>`;
}

/** Names and values; what is not known is left out. */
export function facts(entries: readonly (readonly [name: string, value: unknown])[]) {
  const known = entries.filter(([, value]) => value !== undefined && value !== '' && value !== nothing);
  if (known.length === 0) return nothing;
  return html`<dl class="facts">${known.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

export const code = (text: string | undefined) => (text === undefined ? undefined : html`<code>${text}</code>`);
