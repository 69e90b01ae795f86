import { basename } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect } from '@jest/globals';
import type { RecordStatus } from '../../../lambda/model/record.ts';
import { type DocumentedWorld, KEY } from './documented-world.ts';
import type { Ended } from './reader.ts';
import type { ShellCommand } from './shell-commands.ts';

/** What is so before a command, and after it. */
export interface Expectation {
  /** @param key the drop that the command names */
  readonly given?: (world: DocumentedWorld, key: string) => Promise<void>;
  /** Whether it is typed where no stack runs. */
  readonly isStart?: boolean;
  /** What it prints when it may be ended by Ctrl-C, of which npm ends in the end; without it, it ends by itself. */
  readonly until?: string;
  /** @default 0 */
  readonly code?: number;
  readonly shows?: RegExp;
  /** A file of the reader's that it writes, and what stands there then. */
  readonly writes?: readonly [path: string, content: RegExp];
  /** What becomes of the drop that it makes. */
  readonly becomes?: RecordStatus;
}

const isActive: Expectation['given'] = (world, key) => world.has(key, 'active');
const hasFailed: Expectation['given'] = (world, key) => world.has(key, 'failed');

/** Every rule counts whose pattern is found in a command; the later ones win. */
const RULES: readonly (readonly [RegExp, Expectation])[] = [
  [/^npm start|imagedrop start/, { isStart: true }],
  [/^npm run demo|imagedrop demo/, { isStart: true, shows: /^packed\.img\.gz +is image /m }],
  [/^npm start$|imagedrop start --kind ims$/, { until: 'Ctrl-C ends.', shows: /Stopping; what was under way/ }],
  [/^npm start -- (--os-cloud mycloud )?ubuntu/, { shows: /^ubuntu-24\.04\.qcow2 +qcow2 v3 .* sha512 /m }],
  [/^npm start -- blank\.img/, { shows: /^blank\.img +raw .* sha512 /m }],
  // One of the two files is not a disk image.
  [/^npm start -- blank\.img README\.md$/, { code: 1, shows: /^README\.md {2}failed {2}not-a-disk-image$/m }],
  [/^npx cdk synth$/, { shows: /Type: AWS::Lambda::Function/ }],
  [/imagedrop drop /, { shows: / dropped · |"outcome": ?"dropped"/ }],
  [/imagedrop drop .*--wait/, { shows: /active/ }],
  // One of the reader's is cut off.
  [/imagedrop drop .*\*\.qcow2$/, { code: 1, shows: /cut\.qcow2 {2}refused · truncated$[\s\S]* active · image /m }],
  [/imagedrop ls/, { given: isActive }],
  [/imagedrop ls --failed/, { given: hasFailed, shows: /not-a-disk-image/ }],
  [/imagedrop status/, { given: isActive, shows: /active/ }],
  [/imagedrop verify/, { given: isActive, shows: /ok +receipt|"check": "receipt"/ }],
  [/imagedrop inspect /, { shows: /: safe$|"accept"/m }],
  [/imagedrop inspect .*s3:/, { given: isActive }],
  [/imagedrop retry \w+\//, { given: hasFailed, shows: /begins? again/ }],
  [/imagedrop retry --all-failed/, { shows: /^\d+ drops? begins? again\.$/m }],
  [/imagedrop backfill/, { code: 1, shows: /^Nothing to send/m }],
  [/imagedrop reconcile/, { shows: /^Looked at \d+ drops, \d+ records/m }],
  [/imagedrop doctor(?!.*jq)/, { shows: /^ {2}ok .*[\s\S]*\b\d+ ok\b/m }],
  [/imagedrop stack ImageDrop/, { shows: /^ {2}DropBucketName /m }],
  [/imagedrop ui/, { until: 'http://127.0.0.1:' }],
  [/completion bash/, { writes: ['home/.bashrc', /^source <\(imagedrop completion bash\)$/m] }],
  [/completion zsh/, { writes: ['home/.zshrc', /^source <\(imagedrop completion zsh\)$/m] }],
  [/completion fish/, { writes: ['home/.config/fish/completions/imagedrop.fish', /^complete -c imagedrop /m] }],
  [/jq -r '\.\[\] \| select.*image\.id'|jq -r '\.\[0\]\.image\.id'/, { shows: /^[0-9a-f-]{36}$/m }],
  [/jq -r \.outputs\.DropBucketName/, { shows: /imagedrop/ }],
  [/jq \.verdict/, { shows: /^"accept"$/m }],
  [/StatusBucketName\)\/linux|STATUS-BUCKET/, { given: isActive, shows: /mycloud\.json|"status": ?"active"/ }],
  [/targets\/mycloud\.json/, { given: isPaused, shows: /quota-exceeded/ }],
  [/^aws s3 cp \S+ s3:\/\/DROP-BUCKET/, { shows: /upload: / }],
  [/^aws s3 cp \S+\.(qcow2|img) s3:\/\/DROP-BUCKET/, { becomes: 'active' }],
  [/QueueArn$/, { shows: /arn:aws:sqs:/ }],
  [/ApproximateNumberOfMessages/, { shows: /"ApproximateNumberOfMessages": "\d+"/ }],
  [/^openstack .* image list/, { given: isActive, shows: /active/ }],
];

/** As a function notes it of a target that has no room. */
async function isPaused({ pipeline }: DocumentedWorld): Promise<void> {
  const Body = '{"code":"quota-exceeded"}';
  const Bucket = pipeline.output('StatusBucketName');
  await pipeline.s3.send(new PutObjectCommand({ Bucket, Key: 'targets/mycloud.json', Body }));
}

export function expectationOf({ text }: ShellCommand): Expectation {
  return Object.assign({}, ...RULES.filter(([pattern]) => pattern.test(text)).map(([, expectation]) => expectation));
}

export interface Outcome extends Ended {
  /** What stands in the file that the command was to write. */
  readonly written?: string;
  readonly status?: RecordStatus;
}

/** Types a command as it stands, in the world that it wants. */
export async function follow(world: DocumentedWorld, command: ShellCommand): Promise<Outcome> {
  const { given, isStart = false, until, writes, becomes } = expectationOf(command);
  const [key = KEY] = /(linux\/)?ubuntu-24\.04\.qcow2/.exec(command.text) ?? [];
  await given?.(world, key);
  const reader = isStart ? world.newcomer : world.reader;
  const ended = await reader.type([...command.definitions, world.filled(command.text)].join('\n'), until);
  return {
    ...ended,
    ...(writes && { written: await reader.read(writes[0]) }),
    ...(becomes && { status: await world.statusOf(uploadedKey(command.text)) }),
  };
}

/** `aws s3 cp linux/noble.qcow2 s3://DROP-BUCKET/linux/` makes a drop linux/noble.qcow2. */
function uploadedKey(command: string): string {
  const [, file = '', folder = ''] = /^aws s3 cp (\S+) s3:\/\/DROP-BUCKET\/(\S*)/.exec(command) ?? [];
  return `${folder}${basename(file)}`;
}

/** What `follow` must have come to, for Jest to compare. */
export function promised(command: ShellCommand): Outcome {
  const { code = 0, until, shows = /^/, writes, becomes } = expectationOf(command);
  const like = (pattern: RegExp): string => expect.stringMatching(pattern) as unknown as string;
  return {
    code: until === undefined ? code : null,
    out: like(shows),
    ...(writes && { written: like(writes[1]) }),
    ...(becomes && { status: becomes }),
  };
}
