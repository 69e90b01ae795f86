import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/**
 * MiB that this process cannot do without: heap and buffers after a collection. Resident memory says less of what is kept:
 * on a machine with room Node.js lets garbage lie.
 */
export function liveMib(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}
