import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './pages.ts';
import type { ShellCommand } from './shell-commands.ts';

/** A command that no suite of the documentation runs. */
export interface Elsewhere {
  readonly command: string | RegExp;
  readonly because: string;
  /** What runs it, or as much of it as can be run: a step of `.ci/run`, or a file of the project. */
  readonly by: string;
}

/** Few, and each with its reason: everything else is run as it stands. */
export const ELSEWHERE: readonly Elsewhere[] = [
  { command: 'npm ci', because: 'It empties node_modules below the tests.', by: 'step npm ci' },
  { command: 'npm test', because: 'It would run itself.', by: 'step npm test' },
  { command: 'npm run check', because: 'It runs these tests.', by: 'step npm run static' },
  { command: 'npm run bench -- --quick', because: 'It takes ten minutes.', by: 'step npm run bench' },
  { command: /^npm run bench( -- --only [\w,]+)?$/, because: 'It takes an hour.', by: 'step npm run bench' },
  { command: 'npm run chaos -- --drops 300 --seed 1', because: 'It takes minutes.', by: 'test/chaos/run.ts' },
  {
    command: 'git clone REPOSITORY imagedrop',
    because: 'A test has the checkout already; CI begins with a clean one.',
    by: '.ci/run',
  },
  { command: 'cd imagedrop', because: 'The reader of a test is in the clone.', by: 'test/docs/commands/reader.ts' },
  { command: 'git pull', because: 'The checkout of a test has no other side.', by: '.ci/run' },
  {
    command: /^npx cdk (bootstrap|deploy|diff)$/,
    because: 'They change or ask an account of AWS; what they would send is synthesized.',
    by: 'test/docs/documented-commands.test.ts',
  },
  {
    command: 'npm install @imagedrop/cdk aws-cdk-lib constructs',
    because: 'It asks the registry of npm for the package; what `npm run package` makes is installed.',
    by: 'test/package/package.test.ts',
  },
];

const matches = (pattern: string | RegExp, text: string): boolean =>
  typeof pattern === 'string' ? pattern === text : pattern.test(text);

export const elsewhere = ({ text }: ShellCommand): Elsewhere | undefined =>
  ELSEWHERE.find(({ command }) => matches(command, text));

/** Programs that come with the project. */
const OWN = /^(npx imagedrop|npm start|npm run demo|imagedrop|echo|npx cdk synth)\b/;
/** Programs that a newcomer may lack. */
const CLIENTS = /^(aws|jq|openstack|truncate|rclone|s3cmd|qemu-img)\b/;

const unquoted = (text: string): string => text.replaceAll(/'[^']*'|"[^"]*"/g, '""');

/** Which suite runs a command: one that nobody knows is run by none. */
export function suiteOf(command: ShellCommand): 'npm run test:full' | 'npm run suite clients' | undefined {
  const programs = unquoted(command.text).split(' | ');
  if (programs.every((program) => OWN.test(program))) return 'npm run test:full';
  if (programs.every((program) => OWN.test(program) || CLIENTS.test(program))) return 'npm run suite clients';
  return undefined;
}

/** Whether what is said to run a command is there. */
export function isThere(by: string): boolean {
  const [, step] = /^step (.+)$/.exec(by) ?? [];
  if (step === undefined) return readFileSync(join(PROJECT, by), 'utf8') !== '';
  return readFileSync(join(PROJECT, '.ci/run'), 'utf8').includes(`step '${step}' ${step}`);
}

/** The commands that a suite runs, each once. */
export function commandsOf(suite: ReturnType<typeof suiteOf>, commands: readonly ShellCommand[]): ShellCommand[] {
  const ours = commands.filter((command) => !elsewhere(command) && suiteOf(command) === suite);
  return ours.filter(({ text }, index) => ours.findIndex((each) => each.text === text) === index);
}
