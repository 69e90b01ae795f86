import { LOGO } from './icons.ts';
import { html, nothing, type TemplateResult } from './lit.ts';

export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly nextStep?: string | undefined;
}

/**
 * Whose page this is, and whether it shows how things are now.
 * @param connection undefined until it is known
 * @param problem of the server with the stack
 */
export function header(
  stack: { readonly name: string; readonly dropBucket: string },
  connection: Problem | 'live' | undefined,
  problem: Problem | undefined,
): TemplateResult {
  const trouble = connection === undefined || connection === 'live' ? problem : connection;
  return html`<div class="header-line">
      <a class="brand" href="#/">${LOGO}<span>imagedrop</span></a>
      ${stack.name === '' ? nothing : html`<span class="stack">${stack.name}</span>`}
      ${light(connection, trouble)}
    </div>
    ${trouble === undefined ? nothing : banner(trouble)}`;
}

function light(connection: Problem | 'live' | undefined, trouble: Problem | undefined) {
  if (connection === undefined) return html`<span class="light">Connecting …</span>`;
  return trouble === undefined
    ? html`<span class="light is-live">Live</span>`
    : html`<span class="light is-off">Not live</span>`;
}

const banner = ({ message, nextStep }: Problem) =>
  html`<p class="banner" role="alert">${nextStep === undefined ? nothing : html`<strong>${nextStep}</strong> `}${message}</p>`;
