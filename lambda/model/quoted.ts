/** Enough to know one's own words again; an error is not the place for all that a value may have. */
const MAX_SHOWN_CHARACTERS = 100;

/** Control characters, what turns the direction of text around, and halves of surrogate pairs. */
const CONTROLS = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Text of others as an error shows it: in one line that no terminal obeys, cut where it is long. */
export function excerpt(text: string): string {
  const cut = text.length <= MAX_SHOWN_CHARACTERS ? text : `${text.slice(0, MAX_SHOWN_CHARACTERS)}…`;
  return cut.replace(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A text, number or flag as an error shows it. */
export function quoted(value: unknown): string {
  return typeof value === 'string' ? `"${excerpt(value).replaceAll('"', '\\"')}"` : excerpt(String(value));
}

/**
 * Text that every image service can keep: their databases know no character beyond U+FFFF (Glance refuses them). Those
 * and the percent sign are percent-encoded (RFC 3986, section 2.1), so that decodeURIComponent gives the text back.
 */
export function percentEncoded(text: string): string {
  return text.replace(/[%\u{10000}-\u{10ffff}]/gu, encodeURIComponent);
}
