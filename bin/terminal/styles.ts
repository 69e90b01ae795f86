import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Puts a colour or weight on a text that has been made printable, or leaves it as it is. */
export type Styler = (style: Style, text: string) => string;

/** Colours only for people: on a terminal that knows them, and never with NO_COLOR (https://no-color.org). */
export function stylerFor(out: { readonly isTTY?: boolean }, environment = process.env): Styler {
  const isColoured = out.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
  // Whether the stream may have colours has been decided here, not by variables of Node.js.
  return isColoured ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}
