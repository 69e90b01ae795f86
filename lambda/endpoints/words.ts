import { isObject, type JsonObject, parseObject } from './json.ts';

/** Enough for the sentence an operator needs; the record keeps it for ever. */
const MAX_CHARACTERS = 300;

/** No error page says anything new after this much, and the patterns below stay fast whatever the other side sends. */
const MAX_READ_CHARACTERS = 16_384;

/** Fernet tokens, JSON web tokens, and whatever else is too long to be a word (the vendor's PKI tokens). */
const TOKEN = /gAAAA[\w=-]+|eyJ[\w.-]{20,}|[\w+/=-]{80,}/g;

/** The query of an address: a presigned URL has its signature there. */
const QUERY = /(https?:\/\/[^\s?"'<>]*)\?[^\s"'<>]+/g;

const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#x27;': "'",
  '&#39;': "'",
  '&nbsp;': ' ',
  '&amp;': '&',
};

/** What the other side says in the body of an error, as one short line without markup and without tokens. */
export function wordsOf(body: string): string {
  const start = body.slice(0, MAX_READ_CHARACTERS);
  const document = parseObject(body);
  return lineOf((document && [codeIn(document), messageIn(document)].filter(Boolean).join(': ')) || start);
}

/** A text of the other side as one short line without markup and without secrets. */
export function lineOf(text: string): string {
  const line = withoutMarkup(text.slice(0, MAX_READ_CHARACTERS))
    .replace(QUERY, '$1?[…]')
    .replace(TOKEN, '[…]')
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > MAX_CHARACTERS ? `${line.slice(0, MAX_CHARACTERS - 1)}…` : line;
}

/** The service's own error code: IMS `{error: {code: "IMG.0072"}}`, its gateway `{error_code: "APIGW.0301"}`. */
export function serviceCodeOf(body: string): string | undefined {
  const document = parseObject(body);
  return document && codeIn(document);
}

function codeIn(document: JsonObject): string | undefined {
  const code = isObject(document.error) ? document.error.code : document.error_code;
  return typeof code === 'string' ? code : undefined;
}

/** Keystone and IMS wrap the message once; Glance does not. */
function messageIn(document: JsonObject): string | undefined {
  for (const part of [document, ...Object.values(document).filter(isObject)]) {
    const message = part.message ?? part.error_msg;
    if (typeof message === 'string' && message !== '') return message;
  }
  return undefined;
}

function withoutMarkup(text: string): string {
  return text
    .replace(/<(head|style|script)\b[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[a-z/!][^>]*>/gi, ' ')
    .replace(/&(?:lt|gt|quot|#x27|#39|nbsp|amp);/g, (entity) => ENTITIES[entity] ?? entity);
}
