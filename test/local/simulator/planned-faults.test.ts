import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { PlannedFault } from '../../../local/simulator/planned-faults.ts';
import { type ImageClient, type Reply, TestCloud } from './cloud.ts';
import { importFast, job, ObsCloud, register, untilOver } from './obs-cloud.ts';

const IMAGE = '/v2/images/11111111-2222-5333-8444-555555555555';
const BYTES = { 'content-type': 'application/octet-stream' };

let cloud: TestCloud;
afterEach(() => cloud.stop());

async function imsWith(...faults: PlannedFault[]): Promise<ImageClient> {
  cloud = await TestCloud.start({ ims: { faults } });
  return cloud.ims();
}

type Ask = (ims: ImageClient) => Promise<Reply>;

describe('a fault that was asked for', () => {
  test.each<[PlannedFault['call'], Ask]>([
    ['create', (ims) => ims.create({ name: 'disk' })],
    ['list', (ims) => ims.get('/v2/images?limit=1')],
    ['show', (ims) => ims.get(IMAGE)],
    ['delete', (ims) => ims.ask('DELETE', IMAGE)],
    ['upload', (ims) => ims.ask('PUT', `${IMAGE}/file`, 'data', BYTES)],
    ['register', (ims) => register(ims, '1', 'obs:disk.raw')],
    ['fast-import', (ims) => importFast(ims, {})],
    ['job', (ims) => ims.get('/v1/0123/jobs/4567')],
    ['job', (ims) => ims.get('/v1/cloudimages/job/4567')],
    ['quota', (ims) => ims.get('/v1/cloudimages/quota')],
  ])('meets the next call of the kind %s, and no other', async (call, ask) => {
    const ims = await imsWith({ call, code: 'IMG.0149' });
    expect((await ims.get('/v2/schemas/image')).status).toBe(200);
    const reply = await ask(ims);
    expect(reply.status).toBe(400);
    expect(reply.json.error.code).toBe('IMG.0149');
    expect((await ask(ims)).text).not.toContain('IMG.0149');
  });

  test('comes as often as asked, in the order that it was asked in, with the status that was asked for', async () => {
    const ims = await imsWith(
      { call: 'quota', code: 'IMG.0061', times: 2, status: 503 },
      { call: 'quota', code: 'IMG.0018' },
    );
    const replies: Reply[] = [];
    for (let calls = 0; calls < 4; calls++) replies.push(await ims.get('/v1/cloudimages/quota'));
    expect(replies.map(({ status }) => status)).toEqual([503, 503, 400, 200]);
    expect(replies.map(({ json }) => json.error?.code)).toEqual(['IMG.0061', 'IMG.0061', 'IMG.0018', undefined]);
  });

  test('speaks as the gateway where its code is of the gateway', async () => {
    const ims = await imsWith({ call: 'create', code: 'APIGW.0308' });
    const reply = await ims.create({ name: 'disk' });
    expect(reply.status).toBe(429);
    expect(reply.json).toEqual({ error_code: 'APIGW.0308', error_msg: expect.stringMatching(/./) });
  });
});

describe('a fault of a job', () => {
  let storage: ObsCloud;
  beforeAll(async () => {
    storage = await ObsCloud.start();
    await storage.put('disk.raw', 'data');
  });
  afterAll(() => storage.stop());

  test('makes the job fail that was accepted, and kills its image', async () => {
    cloud = await TestCloud.start({ obs: storage.obs, ims: { faults: [{ call: 'run-job', code: 'IMG.0061' }] } });
    const ims = await cloud.ims();
    const id = await ims.created();
    const { job_id } = (await register(ims, id, 'obs:disk.raw')).json;
    expect(await untilOver(cloud, ims, job_id)).toMatchObject({ status: 'FAIL', error_code: 'IMG.0061' });
    expect((await ims.image(id)).status).toBe('killed');
    const next = (await register(ims, await ims.created(), 'obs:disk.raw')).json.job_id;
    expect(await untilOver(cloud, ims, next)).toMatchObject({ status: 'SUCCESS' });
    expect((await job(ims, next)).error_code).toBeNull();
  });
});
