import type { Fault, FaultyAnswer } from '../../local/contributing/faults/fault.ts';
import type { Service } from './operation.ts';

/** In [0, 1), another for each name; the same for the same request of the same run. */
export type Dice = (name: string) => number;

export interface MenuEntry {
  /** As the table names it. */
  readonly kind: string;
  readonly service: Service;
  readonly operations: RegExp;
  /** Of one request. */
  readonly chance: number;
  /** Whether it sometimes goes on for longer than the clients try by themselves. @default false */
  readonly lasts?: boolean;
  readonly fault: (dice: Dice, bodyBytes: number) => Fault;
}

const between = (value: number, lowest: number, highest: number): number =>
  Math.floor(lowest + value * (highest - lowest + 1));

const s3Error = (status: number, code: string): FaultyAnswer => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>by fault</Message></Error>`,
});

const jsonError = (status: number, type: string): FaultyAnswer => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-query-error': `${type};Receiver` },
  body: JSON.stringify({ __type: `com.amazonaws#${type}`, message: 'by fault' }),
});

const snsError: FaultyAnswer = {
  status: 500,
  headers: { 'content-type': 'text/xml' },
  body: '<ErrorResponse><Error><Type>Receiver</Type><Code>InternalFailure</Code></Error></ErrorResponse>',
};

const cloudError = (status: number, headers: Record<string, string> = {}): FaultyAnswer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify({ code: status, title: 'by fault', message: 'by fault' }),
});

const answer = (given: FaultyAnswer) => (): Fault => ({ how: 'answer', answer: given });
const forget = (given?: FaultyAnswer) => (): Fault => ({ how: 'forget', ...(given && { answer: given }) });
const refuse = (): Fault => ({ how: 'refuse' });
const slow = (dice: Dice): Fault => ({ how: 'slow', milliseconds: between(dice('ms'), 100, 2500) });
/** Longer than the ten seconds after which the AWS clients give up a request. */
const hang = (): Fault => ({ how: 'hang', milliseconds: 12_000 });
/** Longer than the functions' own time, as the run has set it (chaos-assembly.ts). */
const hangForLong = (): Fault => ({ how: 'hang', milliseconds: 45_000 });
const cutAnswer = (dice: Dice): Fault => ({ how: 'cut-answer', afterBytes: between(dice('at') ** 4, 0, 2 ** 22) });

const ANY = /./;
const WRITES = /^put/;
const CALLS = /^(create|list|show|delete|ask|import|register|release)/;

/**
 * Every fault of a request, with its chance. 429, 502 and 503 of the endpoint are the rarest: each of them pauses the whole
 * target.
 */
export const MENU: readonly MenuEntry[] = [
  {
    kind: 'S3: 500',
    service: 's3',
    operations: ANY,
    chance: 0.012,
    lasts: true,
    fault: answer(s3Error(500, 'InternalError')),
  },
  {
    kind: 'S3: 503 SlowDown',
    service: 's3',
    operations: ANY,
    chance: 0.012,
    lasts: true,
    fault: answer(s3Error(503, 'SlowDown')),
  },
  { kind: 'S3: connection cut before', service: 's3', operations: ANY, chance: 0.008, fault: refuse },
  { kind: 'S3: read cut in its body', service: 's3', operations: /^get object/, chance: 0.05, fault: cutAnswer },
  {
    kind: 'S3: record cut in its body',
    service: 's3',
    operations: /^get record/,
    chance: 0.008,
    fault: (dice) => ({ how: 'cut-answer', afterBytes: between(dice('at'), 0, 400) }),
  },
  { kind: 'S3: slow', service: 's3', operations: ANY, chance: 0.015, fault: slow },
  { kind: 'S3: hangs', service: 's3', operations: ANY, chance: 0.001, fault: hang },
  { kind: 'S3: write done, answer lost', service: 's3', operations: WRITES, chance: 0.015, fault: forget() },
  {
    kind: 'S3: write done, answered 500',
    service: 's3',
    operations: WRITES,
    chance: 0.015,
    fault: forget(s3Error(500, 'InternalError')),
  },
  {
    kind: 'S3: 412 on a record',
    service: 's3',
    operations: /^put record/,
    chance: 0.012,
    fault: answer(s3Error(412, 'PreconditionFailed')),
  },
  {
    kind: 'S3: 409 on a record',
    service: 's3',
    operations: /^put record/,
    chance: 0.012,
    lasts: true,
    fault: answer(s3Error(409, 'ConditionalRequestConflict')),
  },
  {
    kind: 'S3: one byte of a record changed',
    service: 's3',
    operations: /^put record/,
    chance: 0.004,
    fault: (dice, bytes) => ({ how: 'flip', atByte: between(dice('at'), 0, bytes - 1) }),
  },
  {
    kind: 'S3: 403 on a drop',
    service: 's3',
    operations: /^(get|head) object/,
    chance: 0.008,
    lasts: true,
    fault: answer(s3Error(403, 'AccessDenied')),
  },
  {
    kind: 'SQS: 500',
    service: 'gate',
    operations: /message$/,
    chance: 0.015,
    lasts: true,
    fault: answer(jsonError(500, 'InternalFailure')),
  },
  { kind: 'SQS: connection cut before', service: 'gate', operations: /message$/, chance: 0.01, fault: refuse },
  {
    kind: 'SQS: sent, answered 500',
    service: 'gate',
    operations: /^send message/,
    chance: 0.025,
    lasts: true,
    fault: forget(jsonError(500, 'InternalFailure')),
  },
  { kind: 'SQS: sent, answer lost', service: 'gate', operations: /^send message/, chance: 0.02, fault: forget() },
  { kind: 'SQS: hangs', service: 'gate', operations: /message$/, chance: 0.002, fault: hang },
  { kind: 'SNS: 500', service: 'gate', operations: /^publish/, chance: 0.02, lasts: true, fault: answer(snsError) },
  { kind: 'SNS: published, answer lost', service: 'gate', operations: /^publish/, chance: 0.02, fault: forget() },
  {
    kind: 'Secrets Manager: throttled',
    service: 'gate',
    operations: /^get secret/,
    chance: 0.05,
    lasts: true,
    fault: answer(jsonError(400, 'ThrottlingException')),
  },
  {
    kind: 'Keystone: 503',
    service: 'cloud',
    operations: /^authenticate/,
    chance: 0.02,
    fault: answer(cloudError(503)),
  },
  { kind: 'Keystone: connection cut', service: 'cloud', operations: /^authenticate/, chance: 0.04, fault: refuse },
  { kind: 'Keystone: slow', service: 'cloud', operations: /^authenticate/, chance: 0.05, fault: slow },
  { kind: 'image: 409', service: 'cloud', operations: CALLS, chance: 0.008, fault: answer(cloudError(409)) },
  { kind: 'image: 410', service: 'cloud', operations: CALLS, chance: 0.004, fault: answer(cloudError(410)) },
  {
    kind: 'image: 429 with Retry-After',
    service: 'cloud',
    operations: CALLS,
    chance: 0.0025,
    fault: answer(cloudError(429, { 'retry-after': '2' })),
  },
  { kind: 'image: 500', service: 'cloud', operations: CALLS, chance: 0.015, fault: answer(cloudError(500)) },
  { kind: 'image: 502', service: 'cloud', operations: CALLS, chance: 0.0025, fault: answer(cloudError(502)) },
  { kind: 'image: 503', service: 'cloud', operations: CALLS, chance: 0.0025, fault: answer(cloudError(503)) },
  { kind: 'image: connection cut before', service: 'cloud', operations: CALLS, chance: 0.01, fault: refuse },
  {
    kind: 'image: answer cut in its body',
    service: 'cloud',
    operations: /^(create|list|show)/,
    chance: 0.01,
    fault: (dice) => ({ how: 'cut-answer', afterBytes: between(dice('at'), 0, 300) }),
  },
  { kind: 'image: done, answer lost', service: 'cloud', operations: /^(create|delete)/, chance: 0.03, fault: forget() },
  {
    kind: 'image: done, answered 500',
    service: 'cloud',
    operations: /^(create|delete)/,
    chance: 0.02,
    fault: forget(cloudError(500)),
  },
  {
    kind: 'image: done, answered 429 or 503',
    service: 'cloud',
    operations: /^create/,
    chance: 0.01,
    fault: (dice) => forget(cloudError(dice('status') < 0.5 ? 429 : 503, { 'retry-after': '2' }))(),
  },
  { kind: 'image: quota full', service: 'cloud', operations: /^create/, chance: 0.003, fault: answer(cloudError(413)) },
  {
    kind: 'image: 503 with Retry-After of hours',
    service: 'cloud',
    operations: CALLS,
    chance: 0.0004,
    fault: answer(cloudError(503, { 'retry-after': '7200' })),
  },
  {
    kind: 'image: DELETE refused',
    service: 'cloud',
    operations: /^delete/,
    chance: 0.08,
    fault: (dice) => answer(cloudError(dice('status') < 0.5 ? 403 : 409))(),
  },
  { kind: 'image: slow', service: 'cloud', operations: ANY, chance: 0.02, fault: slow },
  { kind: 'image: hangs', service: 'cloud', operations: CALLS, chance: 0.002, fault: hangForLong },
  {
    kind: 'upload: refused at once (409, 410, 429, 500, 502, 503)',
    service: 'cloud',
    operations: /^upload/,
    chance: 0.02,
    fault: (dice) => ({ how: 'answer', answer: uploadRefusal(dice) }),
  },
  {
    kind: 'upload: refused after the body',
    service: 'cloud',
    operations: /^upload/,
    chance: 0.015,
    fault: (dice) => ({ how: 'answer', answer: uploadRefusal(dice), afterBody: true }),
  },
  { kind: 'upload: cut before the body', service: 'cloud', operations: /^upload/, chance: 0.015, fault: refuse },
  {
    kind: 'upload: cut in the body',
    service: 'cloud',
    operations: /^upload/,
    chance: 0.03,
    fault: (dice, bytes) => ({ how: 'cut-request', afterBytes: between(dice('at'), 0, bytes - 1) }),
  },
  { kind: 'upload: taken, answer lost', service: 'cloud', operations: /^upload/, chance: 0.03, fault: forget() },
  {
    kind: 'upload: taken, answered 502',
    service: 'cloud',
    operations: /^upload/,
    chance: 0.015,
    fault: forget(cloudError(502)),
  },
  {
    kind: 'upload: one byte changed',
    service: 'cloud',
    operations: /^upload/,
    chance: 0.03,
    fault: (dice, bytes) => ({ how: 'flip', atByte: between(dice('at'), 0, bytes - 1) }),
  },
  { kind: 'upload: hangs', service: 'cloud', operations: /^upload/, chance: 0.008, fault: hangForLong },
  {
    kind: 'staging: 503 SlowDown',
    service: 'staging',
    operations: ANY,
    chance: 0.02,
    lasts: true,
    fault: answer(s3Error(503, 'SlowDown')),
  },
  { kind: 'staging: connection cut before', service: 'staging', operations: ANY, chance: 0.015, fault: refuse },
  { kind: 'staging: done, answer lost', service: 'staging', operations: ANY, chance: 0.02, fault: forget() },
  {
    kind: 'staging: one byte changed',
    service: 'staging',
    operations: /^put/,
    chance: 0.02,
    fault: (dice, bytes) => ({ how: 'flip', atByte: between(dice('at'), 0, bytes - 1) }),
  },
];

const UPLOAD_REFUSALS = [409, 410, 429, 500, 502, 503] as const;

function uploadRefusal(dice: Dice): FaultyAnswer {
  const status = UPLOAD_REFUSALS[between(dice('status'), 0, UPLOAD_REFUSALS.length - 1)] ?? 500;
  return cloudError(status, status === 429 ? { 'retry-after': '2' } : {});
}
