/** Classifies what the AWS SDK threw, by its name and the status of the answer; every adapter uses it. */
import { ImageDropError, messageOf } from '../model/errors.ts';

interface AwsError {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const NO_SUCH_KEY = ['NotFound', 'NoSuchKey', 'NoSuchVersion'];
const LOST_RACE = ['PreconditionFailed', 'ConditionalRequestConflict'];

const nameOf = (error: unknown): string => (error as AwsError).name ?? '';

/** Status of the answer; undefined when there was none. */
export function statusOf(error: unknown): number | undefined {
  return (error as AwsError).$metadata?.httpStatusCode;
}

/**
 * No such key or version; a bucket that is missing is another matter. A HEAD has no body to name the reason: the SDK
 * calls its 404 NotFound. A version that is a delete marker answers 405 (Amazon S3 API reference, HeadObject).
 */
export function isNoSuchKey(error: unknown): boolean {
  return isName(error, ...NO_SUCH_KEY) || statusOf(error) === 405;
}

/** A condition did not hold: someone else was faster. */
export function isLostRace(error: unknown): boolean {
  return isName(error, ...LOST_RACE) || statusOf(error) === 412;
}

export function isName(error: unknown, ...names: readonly string[]): boolean {
  return names.includes(nameOf(error));
}

/** @param failed what did not work, as the beginning of a sentence: "The record a.json could not be read from S3" */
export function awsUnavailable(failed: string, cause: unknown): ImageDropError {
  return new ImageDropError('aws-unavailable', `${failed}: ${answerOf(cause)}.`, { cause });
}

/** "status 503, SlowDown", or why there was no answer. */
export function answerOf(error: unknown): string {
  const status = statusOf(error);
  return status === undefined
    ? `no answer, ${messageOf(error) || nameOf(error)}`
    : `status ${status}, ${nameOf(error)}`;
}
