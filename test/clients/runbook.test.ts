import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Pipeline } from '../pipeline/pipeline.ts';
import { rawDisk } from '../support/disk.ts';

const PAGE = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');

/** The commands of the page, in order, without the lines that are said once. */
const [PREPARATION = '', ...COMMANDS] = Array.from(
  PAGE.matchAll(/^( *)```sh\n([\s\S]*?)^ *```/gm),
  ([, indent = '', code = '']) => code.replaceAll(new RegExp(`^${indent}`, 'gm'), '').trim(),
);
const awsCommands = COMMANDS.flatMap((code) => code.split(/\n(?=\w)/)).filter((command) => command.startsWith('aws '));

/** A redrive is newer than the AWS command line of Debian 12 (2.9): where it is not known, that one is left out. */
const REDRIVE = 'start-message-move-task';

/** Nobody listens there: whoever gets as far as to ask has understood the arguments. */
const NOWHERE = 'http://127.0.0.1:9';

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await Pipeline.start();
}, 60_000);
afterAll(() => pipeline?.stop());

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the page; what the stack's outputs say comes from the embedded stack. */
function run(command: string, endpoint: string): Promise<Ended> {
  const outputs = Object.entries(pipeline.stack.outputs).map(([name, value]) => `${name}) echo '${value}';;`);
  const script = [
    'STACK=ImageDrop',
    `aws() { command aws --endpoint-url ${endpoint} "$@"; }`,
    `output() { case "$1" in ${outputs.join(' ')} esac; }`,
    command,
  ].join('\n');
  const own = { PATH: process.env.PATH, HOME: pipeline.folder, AWS_CONFIG_FILE: '/dev/null' };
  const env = { ...own, AWS_DEFAULT_REGION: 'us-east-1', AWS_MAX_ATTEMPTS: '1', ...pipeline.stack.environment() };
  return new Promise((resolve) => {
    execFile('bash', ['-c', script], { env }, (error, stdout, stderr) => {
      resolve({ status: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

describe('the commands of docs/runbook.md', () => {
  test('begin with what the others need', () => {
    expect(PREPARATION).toMatch(/^STACK=ImageDrop\noutput\(\) \{ aws cloudformation describe-stacks /);
    expect(awsCommands.length).toBeGreaterThan(8);
  });

  test('read records and the state of a target', async () => {
    const dropped = await pipeline.drop('linux/ubuntu-24.04.qcow2', rawDisk(), { 'disk-format': 'raw' });
    await pipeline.settled(dropped);
    const [list = '', state = ''] = awsCommands.filter((command) => command.startsWith('aws s3 '));
    const { s3 } = pipeline.stack.endpoints;
    expect(await run(list, s3)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`linux/ubuntu-24.04.qcow2/${dropped.versionId}/${pipeline.cloud.name}.json`),
    });
    const Body = '{"code":"quota-exceeded"}';
    const Bucket = pipeline.output('StatusBucketName');
    await pipeline.s3.send(new PutObjectCommand({ Bucket, Key: 'targets/mycloud.json', Body }));
    expect(await run(state, s3)).toMatchObject({ status: 0, stdout: Body });
  });

  test('are understood by the AWS command line', async () => {
    const version = (await run('command aws --version', NOWHERE)).stdout;
    const knowsRedrive = !/aws-cli\/2\.(\d|1[01])\./.test(version);
    const commands = awsCommands.filter((command) => knowsRedrive || !command.includes(REDRIVE));
    for (const command of [`${PREPARATION}\noutput DropBucketName`, ...commands]) {
      const { stderr } = await run(command, NOWHERE);
      expect({ command, stderr }).toEqual({ command, stderr: expect.stringMatching(/Could not connect/) });
    }
  }, 120_000);
});
