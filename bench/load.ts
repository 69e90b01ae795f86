/**
 * Puts many small drops at once into the stack on this machine: `npm run load -- --drops 10000`. Prints how fast they
 * drained and what that took. Exit code 0: each is an image, and nothing went wrong on the way.
 */
import { parseArgs } from 'node:util';
import { load } from './load/load.ts';
import { problemsIn, report } from './load/report.ts';

const { values } = parseArgs({ options: { drops: { type: 'string', default: '1000' } } });
const drops = Number(values.drops);
if (!Number.isInteger(drops) || drops < 1)
  throw new RangeError(`--drops is a whole number above 0, not ${values.drops}.`);

const figures = await load(drops, (done) => {
  if (done % 1000 === 0) process.stderr.write(`${done} of ${drops} drops are done.\n`);
});
process.stdout.write(report(figures));
process.exitCode = problemsIn(figures).length === 0 ? 0 : 1;
