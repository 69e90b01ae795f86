import type { Ledger } from '../reading/ledger.ts';
import type { Rule } from '../reading/rule.ts';

const PRINTABLE_ASCII = /^[\t\n\r -~]*$/;
/** Names of files and comments of users stand in quotes, in the encoding of their system. */
const QUOTED = /"[^"\r\n]*"/g;
const ABOVE_ASCII = /[\x80-\xff]/g;
const LONE_CARRIAGE_RETURN = /\r(?!\n)/;
/** A content ID has 1 to 8 digits, so that a text is at most 7 characters shorter than it was with another one. */
const MAX_LOST_CHARACTERS = 7;
const PLACE = 'descriptor at 512';

const RULES = {
  padding: { code: 'corrupt-header', title: 'descriptor ends in zeros', at: PLACE },
  ascii: { code: 'corrupt-header', title: 'descriptor is plain ASCII outside of quotes', at: PLACE },
  newlines: { code: 'corrupt-header', title: 'lines of the descriptor end alike for all readers', at: PLACE },
} as const satisfies Record<string, Rule>;

export const TEXT_RULES: readonly Rule[] = Object.values(RULES);

/** Whether a file is a descriptor alone, which names the files that hold the disk. */
export function isBareDescriptor(start: string): boolean {
  const text = textOf(start);
  if (/^\s*#\s*disk\s*descriptorfile/i.test(text)) return true;
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  // QEMU takes a file for VMDK whose first line without a comment is "version=".
  const first = lines.find((line) => line !== '' && !line.startsWith('#')) ?? '';
  return /^version\s*=/i.test(first) || (/^version\s*=/im.test(text) && /^createtype\s*=/im.test(text));
}

/**
 * @param area of the descriptor inside a VMDK, with what fills it up
 * @returns its text, which every reader sees alike
 */
export function checkedText(area: string, ledger: Ledger): string {
  const text = textOf(area);
  const isEnded = text.length < area.length && isOwnEnd(area.slice(text.length), text);
  ledger.refuseIf(!isEnded, RULES.padding, 'The VMDK descriptor does not end in zeros inside its area.');
  const withoutNames = text.replace(QUOTED, (quoted) => quoted.replace(ABOVE_ASCII, ''));
  const isAscii = PRINTABLE_ASCII.test(withoutNames);
  ledger.refuseIf(!isAscii, RULES.ascii, 'The VMDK descriptor holds more than plain ASCII text outside of quotes.');
  // One reader sees a line there that is part of a comment for another.
  const message = 'The VMDK descriptor holds a carriage return that ends no line.';
  ledger.refuseIf(LONE_CARRIAGE_RETURN.test(text), RULES.newlines, message);
  return text;
}

/**
 * QEMU writes a new content ID without leading zeros, what follows it behind, and a zero; of a longer text the last
 * characters remain behind that zero, and so on with every further ID. Each remainder is an end of the text itself. So
 * a reader that does not stop at the first zero finds nothing but a part of the last line again: no extent, and no key
 * that this line does not give. Anything else, or anything further on, would be read by that reader only.
 */
function isOwnEnd(padding: string, text: string): boolean {
  const remainders = padding.slice(0, MAX_LOST_CHARACTERS).split('\0');
  return /^\0*$/.test(padding.slice(MAX_LOST_CHARACTERS)) && remainders.every((remainder) => text.endsWith(remainder));
}

const textOf = (area: string): string => area.split('\0', 1)[0] ?? '';
