import { GetObjectCommand } from '@aws-sdk/client-s3';
import { isNoSuchKey } from '../../lambda/adapters/aws-errors.ts';
import type { Image } from '../../lambda/model/image.ts';
import { type Statement, statementOf } from '../../lambda/model/receipt.ts';
import { failed, ok, skipped, type Verdict } from '../doctor/finding.ts';
import type { KeyedRecord } from '../records/status-bucket.ts';
import type { StackConnection } from '../stack/connection.ts';

const CHANGED =
  'The receipt or the record was changed after the image became active. Compare earlier versions of both in the status bucket.';

/** What a receipt is read with. */
export type ReceiptPlace = Pick<StackConnection, 's3' | 'output'>;

/** Whether the receipt says what the record says, and what the cloud says now. */
export async function receiptVerdict(
  { key, record }: KeyedRecord,
  image: Image | undefined,
  stack: ReceiptPlace,
): Promise<Verdict> {
  const { receipt, noReceipt = 'The image became active before there were receipts.' } = record;
  if (receipt === undefined) return skipped(`There is none. ${noReceipt}`);
  const text = await textOf(stack, receipt);
  if (text === undefined) return failed(`${receipt} is gone from the status bucket.`, CHANGED);
  const statement = statementIn(text);
  if (statement === undefined) return failed(`${receipt} is not a receipt.`, CHANGED);
  const { version } = statement.predicate.imagedrop;
  const expected = statementOf(key, record, version);
  const digest = statement.subject[0]?.digest;
  const [different] = [
    ...differences({ subject: expected.subject }, statement, ['the record', 'the receipt']),
    ...differences(statement, expected, ['the receipt', 'the record']),
    ...differences(digest, { ...digest, ...image?.hashes }, ['the receipt', 'the cloud']),
  ];
  if (different !== undefined) return failed(`${receipt}: ${different}`, CHANGED);
  return ok(`${receipt} of imagedrop ${version} agrees with record and cloud`);
}

async function textOf({ s3, output }: ReceiptPlace, Key: string): Promise<string | undefined> {
  try {
    const { Body: body } = await s3.send(new GetObjectCommand({ Bucket: output('StatusBucketName'), Key }));
    return (await body?.transformToString()) ?? '';
  } catch (error) {
    if (isNoSuchKey(error)) return undefined;
    throw error;
  }
}

/** @returns undefined where the text is none */
function statementIn(text: string): Statement | undefined {
  try {
    const statement: Statement = JSON.parse(text);
    const isOne = Array.isArray(statement.subject) && typeof statement.predicate.imagedrop.version === 'string';
    return isOne ? statement : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The values of one document that the other does not have. A receipt of an older version has fewer than its record, which
 * is no difference.
 */
function* differences(one: unknown, other: unknown, names: readonly [string, string], path = ''): Generator<string> {
  if (typeof one !== 'object' || one === null) {
    if (one === other) return;
    yield `${path.slice(1)} is ${JSON.stringify(one)} in ${names[0]}, but ${JSON.stringify(other)} in ${names[1]}.`;
    return;
  }
  const others = (other ?? {}) as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(one)) yield* differences(value, others[name], names, `${path}.${name}`);
}
