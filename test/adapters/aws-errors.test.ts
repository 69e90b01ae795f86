import { describe, expect, test } from '@jest/globals';
import { answerOf, awsUnavailable, isLostRace, isName, isNoSuchKey } from '../../lambda/adapters/aws-errors.ts';

/** As the SDK throws them. */
function awsError(name: string, httpStatusCode?: number): Error {
  const metadata = httpStatusCode === undefined ? {} : { $metadata: { httpStatusCode } };
  return Object.assign(new Error(''), { name, ...metadata });
}

describe('an error of the SDK', () => {
  test.each([
    ['NotFound', 404],
    ['NoSuchKey', 404],
    ['NoSuchVersion', 404],
    ['MethodNotAllowed', 405],
  ])('%s means that the object is not there', (name, status) => {
    expect(isNoSuchKey(awsError(name, status))).toBe(true);
  });

  test.each([
    ['NoSuchBucket', 404],
    ['AccessDenied', 403],
    ['SlowDown', 503],
    ['TimeoutError', undefined],
  ])('%s does not mean that the object is not there', (name, status) => {
    expect(isNoSuchKey(awsError(name, status))).toBe(false);
  });

  test.each([
    ['PreconditionFailed', 412, true],
    ['ConditionalRequestConflict', 409, true],
    // A refused HEAD has no body that could name the reason.
    ['UnknownError', 412, true],
    ['OperationAborted', 409, false],
    ['NoSuchKey', 404, false],
  ])('%s with %i is a lost race: %s', (name, status, lost) => {
    expect(isLostRace(awsError(name, status))).toBe(lost);
  });

  test('is reported by any of several names', () => {
    expect(isName(awsError('B'), 'A', 'B')).toBe(true);
    expect(isName(awsError('C'), 'A', 'B')).toBe(false);
    expect(isName('thrown as text', 'A')).toBe(false);
  });

  test('is put into words by its status and name, or by why there was no answer', () => {
    expect(answerOf(awsError('SlowDown', 503))).toBe('status 503, SlowDown');
    expect(answerOf(new Error('connect ECONNREFUSED'))).toBe('no answer, connect ECONNREFUSED');
    // Node throws one without words when every address of a host refuses.
    expect(answerOf(new AggregateError([]))).toBe('no answer, AggregateError');
  });

  test('becomes one of the family that names what failed and may pass', () => {
    const cause = awsError('SlowDown', 503);
    expect(awsUnavailable('The record a could not be read', cause)).toMatchObject({
      code: 'aws-unavailable',
      retryable: true,
      message: 'The record a could not be read: status 503, SlowDown.',
      cause,
    });
  });
});
