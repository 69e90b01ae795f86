import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { publishStack } from '../../../bin/stack/local.ts';
import { targetsIn } from '../../../bin/stack/targets.ts';
import { type LocalS3, OPERATOR, PLAIN, startLocalS3, VERSIONED } from '../../local/s3/support/local-s3.ts';
import { rawDisk } from '../../support/disk.ts';
import { CommandLine } from '../support/command-line.ts';
import { type CloudFormation, startCloudFormation } from './deployed-stack.ts';

const OUTPUTS = { DropBucketName: VERSIONED, StatusBucketName: PLAIN, Targets: 'mycloud:glance,huawei:ims' };

let local: LocalS3;
let cloudFormation: CloudFormation;
let user: CommandLine;

beforeAll(async () => {
  local = await startLocalS3();
});
afterAll(() => local.stop());
beforeEach(async () => {
  cloudFormation = await startCloudFormation();
  cloudFormation.stacks.ImageDrop = OUTPUTS;
  user = await CommandLine.open({
    AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
    AWS_ENDPOINT_URL_S3: local.server.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: OPERATOR.accessKeyId,
    AWS_SECRET_ACCESS_KEY: OPERATOR.secretAccessKey,
  });
});
afterEach(async () => {
  await user.close();
  await cloudFormation.close();
});

/** As `npm start` does it in the user's folder. */
async function startHere(): Promise<void> {
  await mkdir(join(user.folder, '.imagedrop'));
  const outputs = { ...OUTPUTS, DropBucketName: 'here' };
  await publishStack(join(user.folder, '.imagedrop'), { environment: { AWS_REGION: 'us-east-1' }, outputs });
}

describe('a deployed stack', () => {
  test('is found once, and meant from then on where none is named', async () => {
    expect(await user.run('ls', '--stack', 'ImageDrop')).toMatchObject({ code: 0, out: 'No drops.\n', err: '' });
    expect(await user.run('ls')).toMatchObject({
      code: 0,
      err: expect.stringMatching(
        /^With the stack ImageDrop in us-east-1, remembered in .+stacks\.json; `imagedrop stack --forget` ends/,
      ),
    });
    expect((await user.run('ls', '--stack', 'ImageDrop')).code).toBe(0);
    expect(cloudFormation.asked).toEqual(['ImageDrop']);
  });

  test('is remembered without any credentials, in a file that others cannot read', async () => {
    await user.run('stack', 'ImageDrop');
    const file = join(user.folder, 'config/imagedrop/stacks.json');
    const text = await readFile(file, 'utf8');
    expect(JSON.parse(text)).toEqual({
      current: 'ImageDrop',
      stacks: { ImageDrop: { name: 'ImageDrop', region: 'us-east-1', outputs: OUTPUTS } },
    });
    expect((await stat(file)).mode & 0o077).toBe(0);
  });

  test('is in its own region, whatever the environment says next time', async () => {
    await user.run('stack', 'ImageDrop');
    user.environment.AWS_REGION = undefined;
    expect(await user.run('ls')).toMatchObject({ code: 0, out: 'No drops.\n' });
  });

  test('of the same name in another region is another stack', async () => {
    await user.run('stack', 'ImageDrop');
    user.environment.AWS_REGION = 'eu-west-1';
    expect((await user.json('stack', 'ImageDrop')).document.what).toBe('The stack ImageDrop in eu-west-1');
    await user.run('ls', '--stack', 'ImageDrop');
    expect(cloudFormation.asked).toEqual(['ImageDrop', 'ImageDrop']);
  });

  test('is looked up again by `imagedrop stack NAME`, and when it was deployed anew since', async () => {
    cloudFormation.stacks.ImageDrop = { DropBucketName: 'old' };
    await user.run('stack', 'ImageDrop');
    cloudFormation.stacks.ImageDrop = OUTPUTS;
    expect((await user.run('ls', '--stack', 'ImageDrop')).code).toBe(0);
    const { code, out } = await user.run('stack', 'ImageDrop');
    expect(out).toMatch(/^The stack ImageDrop in us-east-1\n {2}DropBucketName +versioned$/m);
    expect(code).toBe(0);
    expect(cloudFormation.asked).toHaveLength(3);
  });

  test('is forgotten by --forget', async () => {
    await user.run('stack', 'ImageDrop');
    expect((await user.run('stack', '--forget')).out).toBe('Forgotten: ImageDrop.\n');
    expect((await user.run('stack', '--forget')).out).toBe('None was remembered.\n');
    expect(await user.run('ls')).toMatchObject({
      code: 2,
      err: expect.stringContaining('No stack runs in this folder'),
    });
  });

  test('may be named by IMAGEDROP_STACK', async () => {
    user.environment.IMAGEDROP_STACK = 'ImageDrop';
    expect((await user.json('stack')).document).toMatchObject({ isLocal: false, outputs: OUTPUTS });
  });

  test('is asked for by the same words as one on this machine, which takes precedence over it', async () => {
    await user.run('stack', 'ImageDrop');
    await startHere();
    expect((await user.json('stack')).document).toMatchObject({ isLocal: true, outputs: { DropBucketName: 'here' } });
    expect((await user.json('stack', 'local')).document.isLocal).toBe(true);
    expect((await user.json('stack', 'ImageDrop')).document.isLocal).toBe(false);
  });

  test('takes drops and tells of them', async () => {
    const name = await user.file('a.img', rawDisk());
    const { code, document } = await user.json('drop', name, '--stack', 'ImageDrop', '--key', 'x/a.img');
    expect(document).toMatchObject([{ outcome: 'dropped', bucket: VERSIONED, key: 'x/a.img' }]);
    expect(code).toBe(0);
    expect(await user.run('status', 'x/a.img')).toMatchObject({
      code: 3,
      err: expect.stringContaining('"x/a.img" has been in the bucket for'),
    });
  });

  test('whose record no one can read is named', async () => {
    await local.s3.send(new PutObjectCommand({ Bucket: PLAIN, Key: 'x/1/mycloud.json', Body: '{' }));
    const { code, err } = await user.run('ls', 'x', '--stack', 'ImageDrop');
    expect(err).toContain('The record x/1/mycloud.json cannot be read');
    expect(code).toBe(1);
  });
});

describe('no stack', () => {
  test('of that name: wrong use', async () => {
    const { code, err } = await user.run('ls', '--stack', 'Nowhere');
    expect(err).toContain('The stack Nowhere could not be found: Stack with id Nowhere does not exist');
    expect(code).toBe(2);
  });

  test('is found without credentials, and the user learns what to do', async () => {
    user.environment.AWS_ACCESS_KEY_ID = undefined;
    const { code, err } = await user.run('stack', 'ImageDrop');
    expect(err).toMatch(/could not be found: Could not load credentials.+\n {4}next {3}Log in \(`aws sso login`\)/);
    expect(code).toBe(1);
  });

  test('is found without a region', async () => {
    user.environment.AWS_REGION = undefined;
    const { code, err } = await user.run('stack', 'ImageDrop');
    expect(err).toContain('next   Say where the stack is: AWS_REGION=eu-west-1');
    expect(code).toBe(1);
  });

  test('answers, where one was killed', async () => {
    await startHere();
    user.environment.AWS_ENDPOINT_URL_S3 = 'http://127.0.0.1:9';
    const { code, err } = await user.run('ls');
    expect(err).toMatch(/ECONNREFUSED.*\n {4}next {3}Nothing listens there\. .+ run `npm start` again\.\n$/);
    expect(code).toBe(1);
  });

  test('is remembered in a file that somebody has broken', async () => {
    await user.file('config/imagedrop/stacks.json', '[]');
    expect(await user.run('ls')).toMatchObject({ code: 2, err: expect.stringContaining('delete it') });
  });

  test.each([
    [['a', 'b'], 'Name one stack.'],
    [['a', '--forget'], '--forget forgets all of them'],
  ])('stack %j is wrong use', async (args, message) => {
    expect(await user.run('stack', ...args)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });
});

test.each([
  [
    'mycloud:glance,huawei:ims',
    [
      { name: 'mycloud', kind: 'glance' },
      { name: 'huawei', kind: 'ims' },
    ],
  ],
  ['a.b_c-1:ims', [{ name: 'a.b_c-1', kind: 'ims' }]],
  ['future:nova', []],
  [undefined, []],
])('the output %j names targets', (output, targets) => {
  expect(targetsIn(output)).toEqual(targets);
});
