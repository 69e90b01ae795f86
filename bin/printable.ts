/** C0 and C1 control characters, DEL, and what turns the direction of text around: a terminal would obey them. */
const CONTROLS = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Text of unknown origin as a terminal may show it: keys of drops may hold any character. */
export function printable(text: string): string {
  return text.replace(CONTROLS, escaped);
}

/** The same of a text of several lines, which stay lines. */
export function printableLines(text: string): string {
  return text.replace(CONTROLS, (character) => (character === '\n' ? character : escaped(character)));
}

/**
 * A JSON document that a terminal may show, and that means the same: JSON itself escapes only what is below U+0020.
 * @param indent spaces @default 0: one line
 */
export function printableJson(value: unknown, indent = 0): string {
  return printableLines(JSON.stringify(value, undefined, indent));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
