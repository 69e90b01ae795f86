/** C0 and C1 control characters, DEL, and what turns the direction of text around: a terminal would obey them. */
const CONTROLS = /[\p{Cc}\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Text of unknown origin as a terminal may show it: keys of drops may hold any character. */
export function printable(text: string): string {
  return text.replace(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
