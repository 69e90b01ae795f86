import { type ErrorCode, ImageDropError } from '../model/errors.ts';

/** Refuses the file when it breaks a rule: throws an ImageDropError of this code. */
export function refuseIf(broken: boolean, code: ErrorCode, message: string): void {
  if (broken) throw new ImageDropError(code, message);
}

/** Refuses a file that is shorter than `end` bytes, the end of what its own header names. */
export function refuseShorterThan(end: number, size: number, what: string): void {
  refuseIf(
    end > size,
    'truncated',
    `The file has ${size} bytes, but ${what} reaches to byte ${end}: the end is missing.`,
  );
}

/** True for 1, 2, 4, 8 … within the bounds, both included. */
export function isPowerOfTwo(value: number, lowest: number, highest: number): boolean {
  return value >= lowest && value <= highest && Number.isInteger(Math.log2(value));
}
