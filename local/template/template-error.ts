/** The template asks for something that this stack cannot run; the message names the place. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}
