import { createHash } from 'node:crypto';

/**
 * A number in [0, 1) that follows from the seed and the subject alone, whatever was asked
 * before. So a run with the same seed does the same to the same subject.
 */
export function seeded(seed: number, ...subject: readonly (string | number)[]): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([seed, ...subject]))
    .digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
