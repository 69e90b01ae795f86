import { type ErrorCode, ImageDropError } from '../model/errors.ts';
import { isObject, type JsonObject, parseObject } from '../model/json.ts';
import type { HttpAnswer } from './http.ts';

/** RFC 9110 section 15.4: the statuses that send the client to another address. */
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** What the error codes in the bodies of one service mean; they say more than the status. */
export type ServiceCodes = Readonly<Record<string, ErrorCode>>;

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid-request',
  401: 'unauthorized',
  403: 'forbidden',
  408: 'endpoint-unavailable',
  409: 'endpoint-busy',
  410: 'image-lost',
  429: 'endpoint-busy',
  500: 'endpoint-unavailable',
  502: 'endpoint-unavailable',
  504: 'endpoint-unavailable',
};

/**
 * Glance answers 413 to every limit and tells them apart in words only (glance/api/v2/image_data.py, glance/quota).
 * The first that fits counts. A 413 without any of them is a proxy's, or Glance's image_size_cap: too large.
 */
const LIMITS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/image_count_uploading|image_stage_total/, 'endpoint-busy'],
  [/media is full|disk space|no space left/i, 'store-full'],
  [/limit has been exceeded on the number of/i, 'invalid-request'],
  [/quota|over (a )?limit|image_count_total|image_size_total/i, 'quota-exceeded'],
];

/**
 * Glance's words for a request of the wrong content type. It uses 415 for refused content too, and until release 30
 * with the standard sentence "media type application/octet-stream is not supported", which is the type we do send.
 */
const WRONG_CONTENT_TYPE = /invalid content type|media type (?!application\/octet-stream)\S+ is not supported/i;

/**
 * Turns an unsuccessful answer into an ImageDropError: the one place where that is decided.
 * @param asked what was asked for, as the beginning of a sentence: "Creating image ubuntu at mycloud"
 */
export function refusal(answer: HttpAnswer, asked: string, codes: ServiceCodes = {}): ImageDropError {
  const location = locationOf(answer);
  if (location !== undefined) return redirected(answer, asked, location);
  const words = wordsOf(answer.text);
  const message = `${calling(asked, answer)} was answered with ${answer.status}${words && `: ${words}`}`;
  const retryAfterSeconds = retryAfter(answer);
  const code = codeOf(answer, words, codes);
  const wholeTarget = concernsAll(code, answer.status);
  return new ImageDropError(code, /[.!?…]$/.test(message) ? message : `${message}.`, {
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(wholeTarget && { wholeTarget }),
  });
}

/** What was asked for, with the address that was called. */
export const calling = (asked: string, { called }: HttpAnswer): string =>
  called === undefined ? asked : `${asked} (${called})`;

/** The address of a redirect; undefined for any other answer. */
export function locationOf({ status, headers }: HttpAnswer): string | undefined {
  return REDIRECTS.includes(status) ? headers.location : undefined;
}

/** A token or a body must not be sent to an address that clouds.yaml and the catalog do not name. */
function redirected(answer: HttpAnswer, asked: string, location: string): ImageDropError {
  const message = `${calling(asked, answer)} was redirected (${answer.status}) to ${lineOf(location)}, where tokens and bodies are not sent.`;
  return new ImageDropError('endpoint-answer', message, {
    retryable: false,
    nextStep:
      'Set auth_url or image_endpoint_override of the cloud in clouds.yaml to the address that answers, or have the catalog corrected; then drop the file again.',
  });
}

const AWAY: readonly number[] = [502, 503, 504];

/** Whether any other request would have been answered like this. A conflict (409) concerns one image only. */
function concernsAll(code: ErrorCode, status: number): boolean {
  if (code === 'quota-exceeded' || code === 'store-full' || code === 'unauthorized') return true;
  return code === 'endpoint-busy' ? status !== 409 : AWAY.includes(status);
}

function codeOf(answer: HttpAnswer, words: string, codes: ServiceCodes): ErrorCode {
  const known = codes[serviceCodeOf(answer.text) ?? ''];
  if (known !== undefined) return known;
  switch (answer.status) {
    case 413:
      return LIMITS.find(([pattern]) => pattern.test(words))?.[1] ?? 'too-large';
    case 415:
      return WRONG_CONTENT_TYPE.test(words) ? 'endpoint-answer' : 'content-refused';
    case 503:
      return answer.headers['retry-after'] === undefined ? 'endpoint-unavailable' : 'endpoint-busy';
    default:
      return BY_STATUS[answer.status] ?? 'endpoint-answer';
  }
}

/**
 * One hour: a target that asks for more is asked again each hour, which costs one request. Some proxies ask for days, and
 * a mistyped value would hold all drops of the target for as long.
 */
const MAX_RETRY_AFTER_SECONDS = 3600;

/** RFC 9110 section 10.2.3: seconds, or a date, which the server's own clock (Date) turns into seconds. */
function retryAfter(answer: HttpAnswer): number | undefined {
  const value = answer.headers['retry-after']?.trim() ?? '';
  const seconds = /^\d+$/.test(value)
    ? Number(value)
    : (Date.parse(value) - Date.parse(answer.headers.date ?? '')) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(0, Math.ceil(seconds)), MAX_RETRY_AFTER_SECONDS);
}

export const isSuccess = ({ status }: HttpAnswer): boolean => status >= 200 && status < 300;

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
