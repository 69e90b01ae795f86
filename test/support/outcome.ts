import { ImageDropError } from '../../lambda/model/errors.ts';

/** The error that something fails with; fails the test when it succeeds or throws from outside the family. */
export async function failure(work: Promise<unknown> | (() => unknown)): Promise<ImageDropError> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (error instanceof ImageDropError) return error;
    throw error;
  }
  throw new Error('It has succeeded, but should have failed.');
}
