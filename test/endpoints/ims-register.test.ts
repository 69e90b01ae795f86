import { describe, expect, test } from '@jest/globals';
import type { RegisterRoute } from '../../lambda/endpoints/endpoint.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { ID_PROPERTY } from '../../lambda/model/image.ts';
import { endpointAt, IMAGE_ID, newImage } from '../support/endpoint-fixture.ts';
import { answer, bodyOf } from '../support/http-server.ts';
import { failure } from '../support/outcome.ts';

const OBJECT = { bucket: 'staging', key: 'imagedrop/disk.raw' };

interface Asked {
  readonly seen: unknown[];
  readonly registers: RegisterRoute;
}

/** An IMS that gives one answer to everything. */
async function service(status: number, body: unknown = {}): Promise<Asked> {
  const seen: unknown[] = [];
  const endpoint = await endpointAt('ims', async (request, response) => {
    seen.push(`${request.method} ${request.url}`);
    const text = await bodyOf(request);
    if (text !== '') seen.push(JSON.parse(text));
    answer(response, status, body);
  });
  if (endpoint.registers === undefined) throw new Error('IMS reads from object storage.');
  return { seen, registers: endpoint.registers };
}

describe('registering an image', () => {
  test('names bucket and object, and gives the job', async () => {
    const { seen, registers } = await service(200, { job_id: 'job-1' });
    expect(await registers.begin('an image', OBJECT)).toBe('job-1');
    expect(seen).toEqual(['PUT /v1/cloudimages/an%20image/upload', { image_url: 'staging:imagedrop/disk.raw' }]);
  });

  test('that is under way already is not a fault', async () => {
    const { registers } = await service(409, { error: { code: 'IMG.0000', message: 'The image is being read.' } });
    expect(await registers.begin('x', OBJECT)).toBeUndefined();
  });

  test('that answers without a job is not an answer', async () => {
    const { registers } = await service(200, {});
    expect(await failure(registers.begin('x', OBJECT))).toMatchObject({ code: 'endpoint-answer' });
  });

  test.each([
    ['IMG.0057', 'content-refused', false],
    ['IMG.0058', 'invalid-request', false],
    ['IMG.0059', 'too-large', false],
    ['IMG.0060', 'endpoint-busy', true],
    ['IMG.0175', 'invalid-request', false],
  ])('understands %s', async (code, expected, retryable) => {
    const { registers } = await service(400, { error: { code, message: 'No.' } });
    expect(await failure(registers.begin('x', OBJECT))).toMatchObject({ code: expected, retryable });
  });
});

describe('a fast import', () => {
  test('says all of the image in its one request, and marks it with a tag', async () => {
    const { seen, registers } = await service(200, { job_id: 'job-2' });
    const properties = { __os_version: 'Ubuntu 24.04 server 64bit', hw_architecture: 'aarch64' };
    expect(await registers.fastImport(newImage({ tags: ['os=ubuntu'], properties }), OBJECT)).toBe('job-2');
    expect(seen).toEqual([
      'POST /v2/cloudimages/quickimport/action',
      {
        name: 'ubuntu-24.04',
        os_version: 'Ubuntu 24.04 server 64bit',
        image_url: 'staging:imagedrop/disk.raw',
        min_disk: 40,
        tags: ['os=ubuntu', `${ID_PROPERTY}=${IMAGE_ID}`],
        type: 'ECS',
        architecture: 'arm',
      },
    ]);
  });

  test('names an operating system where nothing is known of it', async () => {
    const { seen, registers } = await service(200, { job_id: 'job-2' });
    await registers.fastImport(newImage(), OBJECT);
    expect(seen[1]).toMatchObject({ os_version: 'Other Linux(64 bit)', architecture: 'x86' });
  });

  test('is found again by its tag, whether or not the service knows how to look for it', async () => {
    const image = (id: string, tag: string) => ({ id, name: 'x', status: 'saving', disk_format: 'raw', tags: [tag] });
    const mark = `${ID_PROPERTY}=${IMAGE_ID}`;
    const { seen, registers } = await service(200, { images: [image('of-another', 'a=b'), image('ours', mark)] });
    expect(await registers.madeFor(IMAGE_ID)).toMatchObject([{ id: 'ours', status: 'saving' }]);
    expect(seen).toEqual([`GET /v2/images?${new URLSearchParams({ tag: mark })}`]);
  });
});

describe('a job', () => {
  test('is asked for in its project', async () => {
    const { seen, registers } = await service(200, { status: 'INIT' });
    expect(await registers.job('job-1')).toEqual({ state: 'running' });
    expect(seen).toEqual(['GET /v1/p1/jobs/job-1']);
  });

  test.each([
    [
      { status: 'RUNNING', entities: { image_id: 'made', process_percent: 41 } },
      { state: 'running', percent: 41, imageId: 'made' },
    ],
    [{ status: 'RUNNING', entities: { image_id: '', process_percent: 101 } }, { state: 'running' }],
    [
      { status: 'SUCCESS', entities: { image_id: 'made', process_percent: 100 } },
      { state: 'done', percent: 100, imageId: 'made' },
    ],
  ])('that says %j', async (document, job) => {
    const { registers } = await service(200, document);
    expect(await registers.job('job-1')).toEqual(job);
  });

  test.each([
    ['IMG.0057', 'content-refused', false],
    ['IMG.0060', 'endpoint-busy', true],
    ['IMG.9999', 'import-failed', true],
    [null, 'import-failed', true],
  ])('that failed with %s says why in the words of the service', async (code, expected, retryable) => {
    const document = { status: 'FAIL', job_id: 'job-1', error_code: code, fail_reason: 'The file is empty' };
    const { registers } = await service(200, document);
    const words = [code, 'The file is empty.'].filter(Boolean).join(': ');
    const message = `The job job-1 that reads the image from object storage has failed: ${words}`;
    expect((await registers.job('job-1'))?.failure).toMatchObject({ code: expected, retryable, message });
  });

  test('that failed without a word says so', async () => {
    const { registers } = await service(200, { status: 'FAIL', job_id: 'job-1' });
    expect((await registers.job('job-1'))?.failure?.message).toContain('the service gives no reason.');
  });

  test.each([
    [404, {}],
    [400, { error: { code: 'IMG.0023', message: 'There is no job.' } }],
  ])('that is not there any more is none (%d)', async (status, body) => {
    const { registers } = await service(status, body);
    expect(await registers.job('job-1')).toBeUndefined();
  });

  test.each([400, 403, 410, 429, 500, 503])('that is not shown (%d) is not counted as none', async (status) => {
    const { registers } = await service(status, {});
    await expect(registers.job('job-1')).rejects.toBeInstanceOf(ImageDropError);
  });
});
