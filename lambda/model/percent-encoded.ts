/**
 * Text that every image service can keep: their databases know no character beyond U+FFFF (Glance refuses them). Those
 * and the percent sign are percent-encoded (RFC 3986, section 2.1), so that decodeURIComponent gives the text back.
 */
export function percentEncoded(text: string): string {
  return text.replace(/[%\u{10000}-\u{10ffff}]/gu, encodeURIComponent);
}
