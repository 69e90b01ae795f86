import { styleText } from 'node:util';
import type { RecordStatus } from '../../lambda/model/record.ts';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Puts a colour or weight on a text that has been made printable, or leaves it as it is. */
export type Styler = (style: Style, text: string) => string;

/** Colours only for people: on a terminal that knows them, and never with NO_COLOR (https://no-color.org). */
export function stylerFor(out: { readonly isTTY?: boolean }, environment = process.env): Styler {
  const isColoured = out.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
  // Whether the stream may have colours has been decided here, not by variables of Node.js.
  return isColoured ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}

const STYLES: Readonly<Record<RecordStatus, Style>> = {
  received: 'cyan',
  unpacking: 'cyan',
  created: 'cyan',
  uploading: 'cyan',
  processing: 'cyan',
  active: 'green',
  failed: 'red',
  superseded: 'dim',
};

/** The same status has the same colour everywhere; one that a newer version has added has none. */
export const statusStyle = (status: RecordStatus): Style => STYLES[status] ?? 'bold';
