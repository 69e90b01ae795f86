import { describe, expect, test } from '@jest/globals';
import { asImageDropError, causeLine, ERROR_KINDS, ImageDropError } from '../../lambda/model/errors.ts';

describe('errors', () => {
  test('take verdict and next step from their code, unless the case knows better', () => {
    const usual = new ImageDropError('forbidden', 'No.');
    expect(usual).toMatchObject({ retryable: false, nextStep: ERROR_KINDS.forbidden.nextStep });
    const special = new ImageDropError('forbidden', 'No.', { retryable: true, nextStep: 'Wait.' });
    expect(special).toMatchObject({ name: 'ImageDropError', retryable: true, nextStep: 'Wait.' });
  });

  test('take in whatever was thrown', () => {
    const known = new ImageDropError('empty', 'No bytes.');
    expect(asImageDropError(known)).toBe(known);
    expect(asImageDropError(new Error('boom'))).toMatchObject({ code: 'internal', message: 'Unexpected error: boom' });
    expect(asImageDropError('boom')).toMatchObject({ code: 'internal', retryable: true });
  });

  test('tell their causes in one line', () => {
    const cause = new Error('fetch failed', { cause: new Error('ECONNREFUSED', { cause: 'closed port' }) });
    expect(causeLine(new ImageDropError('internal', 'x', { cause }))).toBe('fetch failed: ECONNREFUSED: closed port');
    expect(causeLine(new ImageDropError('internal', 'x'))).toBeUndefined();
  });

  test.each(Object.entries(ERROR_KINDS))('%s says what to do next', (code, { nextStep }) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(nextStep).toMatch(/^[A-Z].*\.$/);
  });
});
