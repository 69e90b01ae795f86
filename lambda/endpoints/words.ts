import { isObject, type JsonObject, parseObject } from './json.ts';

/** Enough for the sentence an operator needs; the record keeps it for ever. */
const MAX_CHARACTERS = 300;

/** No error page says anything new after this much, and the patterns below stay fast whatever the other side sends. */
const MAX_READ_CHARACTERS = 16_384;

/** Fernet tokens, JSON web tokens, and whatever else is too long to be a word (the vendor's PKI tokens). */
const TOKEN = /gAAAA[\w=-]+|eyJ[\w.-]{20,}|[\w+/=-]{80,}/g;

/** The query of an address: a presigned URL has its signature there. */
const QUERY = /(https?:\/\/[^\s?"'<>]*)\?[^\s"'<>]+/g;

/** Whom an address belongs to, with a password. */
const USER_INFO = /(https?:\/\/)[^\s/?#"'<>]*@/g;

/** What a presigned URL has in its query, where a part of it is quoted (Signature Version 4 and 2, and OBS's). */
const SIGNATURE = /\b(X-Amz-(?:Signature|Credential|Security-Token)|Signature|(?:AWS)?AccessKeyId)(=|%3D)[^\s&"'<>]+/gi;

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
    .replace(USER_INFO, '$1')
    .replace(SIGNATURE, '$1$2[…]')
    .replace(TOKEN, '[…]')
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > MAX_CHARACTERS ? `${line.slice(0, MAX_CHARACTERS - 1)}…` : line;
}

/** A shorter one is part of any word: to take it out would spoil the sentence, and tell by the gaps what it is. */
const MIN_SECRET_CHARACTERS = 4;

/** What came back, without a secret that was sent: some services and proxies show the request that they refuse. */
export function withoutSecret(text: string, secret: string): string {
  if (secret.length < MIN_SECRET_CHARACTERS) return text;
  const spellings = new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())]);
  return [...spellings].reduce((rest, spelling) => rest.replaceAll(spelling, '[…]'), text);
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
