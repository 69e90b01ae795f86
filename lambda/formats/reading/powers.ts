/** True for 1, 2, 4, 8 … within the bounds, both included. */
export function isPowerOfTwo(value: number, lowest: number, highest: number): boolean {
  return value >= lowest && value <= highest && Number.isInteger(Math.log2(value));
}
