import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ask, ImageClient, passwordRequest, TestCloud, UPLOADER } from './cloud.ts';

let cloud: TestCloud;
afterEach(() => cloud.stop());

/** The same folder under a new server. */
async function restart(): Promise<void> {
  await cloud.simulator.close();
  cloud = await TestCloud.start({ folder: cloud.folder });
}

describe('after a restart', () => {
  test('images, their data and the ids of deleted ones are still there', async () => {
    cloud = await TestCloud.start();
    const before = await cloud.glance();
    const [id, gone] = [await before.created({ imagedrop_id: 'x' }), await before.created()];
    await before.upload(id, 'data');
    await before.ask('DELETE', `/v2/images/${gone}`);
    const image = await before.image(id);
    await restart();
    const after = await cloud.glance();
    expect(await after.image(id)).toEqual(image);
    expect((await after.get(`/v2/images/${id}/file`)).text).toBe('data');
    expect((await after.get(`/v2/images/${gone}`)).status).toBe(404);
    expect((await after.create({ id: gone, name: 'again' })).status).toBe(409);
  });

  test('every client has to authenticate again', async () => {
    cloud = await TestCloud.start();
    const { token } = await cloud.glance();
    await restart();
    expect((await new ImageClient(`${cloud.simulator.url}/image`, token).get('/v2/images')).status).toBe(401);
  });

  test('IMS goes on with what it has received', async () => {
    cloud = await TestCloud.start();
    const before = await cloud.ims();
    const id = await before.created();
    await before.upload(id, 'data');
    await restart();
    const after = await cloud.ims();
    expect((await after.image(id)).status).toBe('saving');
    cloud.advance(1000);
    expect((await after.image(id)).status).toBe('active');
  });

  test('an upload that closing cut off waits for data again', async () => {
    cloud = await TestCloud.start();
    const before = await cloud.glance();
    const id = await before.created();
    const socket = await before.beginUpload(id, 100);
    socket.on('error', () => undefined).write('half of it');
    await restart();
    expect((await (await cloud.glance()).image(id)).status).toBe('queued');
  });

  test('an upload whose server was killed stays in saving for ever, and can only be deleted', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'simulator-'));
    const script = path.join(import.meta.dirname, 'simulator-process.ts');
    const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [url] = await once(child.stdout, 'data');
    const { headers } = await ask(
      `${url}/identity/v3/auth/tokens`,
      'POST',
      JSON.stringify(passwordRequest(UPLOADER, 'imagedrop')),
    );
    const before = new ImageClient(`${url}/image`, String(headers['x-subject-token']));
    const id = await before.created();
    const socket = await before.beginUpload(id, 100);
    socket.on('error', () => undefined).write('half of it');
    child.kill('SIGKILL');
    await once(child, 'exit');

    cloud = await TestCloud.start({ folder });
    const after = await cloud.glance();
    expect((await after.image(id)).status).toBe('saving');
    expect((await after.upload(id, 'data')).status).toBe(409);
    expect((await after.ask('DELETE', `/v2/images/${id}`)).status).toBe(204);
  });
});
