// As the server hands them out, from the package itself: no bundle and no copy.

export { repeat } from '/lit-html/directives/repeat.js';
export { html, nothing, render, type TemplateResult } from '/lit-html/lit-html.js';
