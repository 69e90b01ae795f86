import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { idOf } from '../../../local/simulator/accounts.ts';
import { ADMIN, type ImageClient, STRANGER, type TestCloud } from './cloud.ts';
import { job, ObsCloud, register, slowObs, untilJob, untilOver } from './obs-cloud.ts';

// Beside other test files on a busy machine.
const DATA = randomBytes(100_000);
const PROJECT = idOf('project', 'imagedrop');

let storage: ObsCloud;
let cloud: TestCloud;
let ims: ImageClient;
let imageUrl: string;
beforeAll(async () => {
  storage = await ObsCloud.start();
  cloud = await storage.cloud();
  ims = await cloud.ims();
  imageUrl = await storage.put('disk.raw', DATA);
});
afterAll(() => storage.stop());

async function begun(client = ims) {
  const id = await client.created();
  return { id, jobId: String((await register(client, id, imageUrl)).json.job_id) };
}

describe('a job', () => {
  test('is shown below its project, and by its id alone', async () => {
    const { id, jobId } = await begun();
    await untilOver(cloud, ims, jobId);
    const reply = await ims.get(`/v1/${PROJECT}/jobs/${jobId}`);
    expect(reply.status).toBe(200);
    expect(reply.json).toEqual({
      job_id: jobId,
      job_type: 'imsNativeImportImageJob',
      status: 'SUCCESS',
      begin_time: '2026-05-04T10:00:00.000Z',
      end_time: '2026-05-04T10:00:01.000Z',
      error_code: null,
      fail_reason: null,
      entities: {
        image_id: id,
        image_name: 'disk',
        process_percent: 100,
        current_task: 'imsNativeImportImageJob',
      },
    });
    expect(await job(ims, jobId)).toEqual(reply.json);
  });

  test('that no one has begun is answered with IMG.0023', async () => {
    const reply = await ims.get(`/v1/${PROJECT}/jobs/ff8080814dbd65d7014dbe0d84db0013`);
    expect(reply.status).toBe(400);
    expect(reply.json.error.code).toBe('IMG.0023');
  });

  test('of another project is not there, and its path is not for others', async () => {
    const { jobId } = await begun();
    const stranger = await cloud.ims(STRANGER, 'elsewhere');
    expect((await job(stranger, jobId)).error.code).toBe('IMG.0023');
    expect((await stranger.get(`/v1/${PROJECT}/jobs/${jobId}`)).json.error.code).toBe('IMG.0030');
    expect((await ims.get(`/v1/${idOf('project', 'elsewhere')}/jobs/${jobId}`)).json.error.code).toBe('IMG.0030');
    expect((await job(await cloud.ims(ADMIN), jobId)).job_id).toBe(jobId);
  });

  test('is not shown without a token', async () => {
    expect((await ims.ask('GET', `/v1/${PROJECT}/jobs/1`, undefined, { 'x-auth-token': 'forged' })).status).toBe(401);
  });
});

describe('after a restart of the simulator', () => {
  test('a job that was over, or had only to wait, is what it was', async () => {
    const first = await storage.cloud();
    const before = await first.ims();
    const { id, jobId } = await begun(before);
    await untilJob(before, jobId, ({ status }) => status === 'RUNNING');
    // The outcome is on disk once the percent follows the clock alone.
    first.advance(990);
    await untilJob(before, jobId, ({ entities }) => Object(entities).process_percent === 99);
    const second = await first.restarted();
    const after = await second.ims();
    expect(await job(after, jobId)).toMatchObject({ status: 'RUNNING' });
    expect(await untilOver(second, after, jobId)).toMatchObject({ status: 'SUCCESS', entities: { image_id: id } });
    expect((await after.image(id)).status).toBe('active');
    await second.simulator.close();
  });

  test('a job that was reading goes on, and its image becomes active', async () => {
    const slow = await slowObs(DATA, 10);
    const first = await storage.cloud({ obs: slow.obs });
    const before = await first.ims();
    const { id, jobId } = await begun(before);
    await untilJob(before, jobId, ({ status }) => status === 'RUNNING');
    const second = await first.restarted({ obs: slow.obs });
    const after = await second.ims();
    expect(await job(after, jobId)).toMatchObject({ status: 'RUNNING' });
    expect((await after.image(id)).status).toBe('saving');
    slow.goOn();
    expect(await untilOver(second, after, jobId)).toMatchObject({ status: 'SUCCESS' });
    expect(await readFile(second.simulator.imageFile(id))).toEqual(DATA);
    await second.simulator.close();
  });

  test('a job that was reading fails where object storage is gone', async () => {
    const slow = await slowObs(DATA, 10);
    const first = await storage.cloud({ obs: slow.obs });
    const { id, jobId } = await begun(await first.ims());
    const second = await first.restarted();
    const after = await second.ims();
    expect(await untilOver(second, after, jobId)).toMatchObject({ status: 'FAIL', error_code: 'IMG.0057' });
    expect((await after.image(id)).status).toBe('killed');
    await second.simulator.close();
  });
});
