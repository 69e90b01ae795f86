import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface FunctionFigures {
  readonly name: string;
  readonly invocations: number;
  /** Of all invocations together. */
  readonly billedSeconds: number;
  /** MB that one process held at most. */
  readonly peakMemory: number;
  /** Lines of level ERROR, and invocations that did not end by themselves. */
  readonly errors: readonly string[];
}

const REPORT = /^REPORT .*\tBilled Duration: (\d+) ms\t/;
const MEMORY = /Max Memory Used: (\d+) MB/;
const ERROR = /"level":"ERROR"|\tERROR\t|Task timed out|before it answered/;

/** What the functions did, by the lines that Lambda writes into their logs. */
export async function functionFigures(logs: string): Promise<readonly FunctionFigures[]> {
  return Promise.all((await readdir(logs)).sort().map((file) => figuresOf(logs, file)));
}

async function figuresOf(logs: string, file: string): Promise<FunctionFigures> {
  let [invocations, billedMs, peakMemory] = [0, 0, 0];
  const errors: string[] = [];
  for await (const line of createInterface({ input: createReadStream(join(logs, file)) })) {
    if (ERROR.test(line)) errors.push(line);
    const [, billed] = REPORT.exec(line) ?? [];
    if (billed === undefined) continue;
    invocations += 1;
    billedMs += Number(billed);
    peakMemory = Math.max(peakMemory, Number(MEMORY.exec(line)?.[1] ?? 0));
  }
  const name = file.replace(/^ImageDrop-(?:ImageDrop)?|Function.*$/g, '').replace(/\.log$/, '');
  return { name, invocations, billedSeconds: billedMs / 1000, peakMemory, errors };
}
