import { fuzzArguments } from './arguments.ts';
import { bases } from './base.ts';
import { kept, summary } from './report.ts';
import { supervised } from './supervised.ts';

/** `npm run fuzz [-- --inputs N --seed S --from INDEX]`; exit code 1 when a law was broken. */
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const work = fuzzArguments(process.argv.slice(2));
say(`Seed ${work.seed}: inspecting ${work.inputs.toLocaleString('en-US')} damaged files.`);
const start = performance.now();
const result = await supervised(work);
say(summary(result, (performance.now() - start) / 1000));
if (result.findings.length > 0) {
  process.exitCode = 1;
  const files = await bases();
  for (const finding of result.findings) say(`\n${kept(finding, work.seed, files, '.')}`);
}
