/**
 * JSON in ASCII: a key may hold any character, but a queue refuses some of them (Amazon SQS API reference, SendMessage:
 * "A message can include only XML, JSON, and unformatted text", #xFFFE and #xFFFF are not among its characters).
 */
export function asciiJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    /[^\x20-\x7e\n]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
