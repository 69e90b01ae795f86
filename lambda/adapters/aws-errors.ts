/** What the AWS SDK threw, told by its name and the status of the answer; everything else asks here. */

interface AwsError {
  readonly name?: string;
  readonly Code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

const NOT_FOUND = ['NotFound', 'NoSuchKey', 'NoSuchVersion'];
const LOST_RACE = ['PreconditionFailed', 'ConditionalRequestConflict'];

const nameOf = (error: unknown): string => (error as AwsError).name ?? '';

/** Status of the answer; undefined when there was none. */
export function answerStatus(error: unknown): number | undefined {
  return (error as AwsError).$metadata?.httpStatusCode;
}

/**
 * No such key or version. A HEAD has no body to name the reason, so its status decides; a version that is a delete
 * marker answers 405 (Amazon S3 API reference, HeadObject).
 */
export function isNotFound(error: unknown): boolean {
  return NOT_FOUND.includes(nameOf(error)) || answerStatus(error) === 404 || answerStatus(error) === 405;
}

/** A condition did not hold: someone else was faster. */
export function isLostRace(error: unknown): boolean {
  const status = answerStatus(error);
  return LOST_RACE.includes(nameOf(error)) || status === 412 || status === 409;
}

export function isRefused(error: unknown): boolean {
  return answerStatus(error) === 403;
}

export function isName(error: unknown, ...names: readonly string[]): boolean {
  return names.includes(nameOf(error));
}
