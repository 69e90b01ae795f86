import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DropRecord } from '../../lambda/model/record.ts';
import { rawDisk } from '../support/disk.ts';
import { gptDisk } from '../support/images/gpt.ts';
import { type Dropped, Pipeline } from './pipeline.ts';

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await Pipeline.start({
    targets: {
      simulator: {
        kind: 'glance',
        metadata: { visibility: 'shared', properties: { team: 'none' } },
        droppersMay: { hidden: true },
        versions: { keep: 2, old: 'rename' },
      },
    },
  });
});
afterAll(() => pipeline?.stop());

const put = (key: string, text: string): Promise<Dropped> => pipeline.drop(key, Buffer.from(text));
const disk = (): Buffer => gptDisk(4 * 2 ** 20);

/** The image as the service shows it. */
async function shown(id = ''): Promise<Record<string, unknown> | undefined> {
  return (await (await pipeline.imageClient()).ask('GET', `/v2/images/${id}`)).json;
}

test('folder files, the sidecar and user metadata make the image at the cloud', async () => {
  const top = await put(
    'imagedrop.yaml',
    'min_ram: 512\nproperties:\n  team: top\n  os_distro: linux\n  hw_disk_bus: scsi\n',
  );
  const folder = await put(
    'lts/imagedrop.yaml',
    'tags: [lts]\nos_hidden: true\nproperties: {team: lts, os_version: 24.10}\n',
  );
  const sidecar = await put('lts/a.img.yaml', 'name: Ünïcode Server\nmin_disk: 30\nproperties: {os_distro: ubuntu}\n');
  const record = await pipeline.settled(
    await pipeline.drop('lts/a.img', disk(), { 'min-disk': '40', 'property-built': 'today' }),
  );
  expect(record).toMatchObject({ status: 'active', verification: { outcome: 'verified' } });
  expect(await shown(record.image?.id)).toMatchObject({
    name: 'Ünïcode Server',
    status: 'active',
    visibility: 'shared',
    min_disk: 40,
    min_ram: 512,
    os_hidden: true,
    tags: ['lts'],
    team: 'lts',
    os_distro: 'ubuntu',
    os_version: '24.10',
    hw_disk_bus: 'scsi',
    built: 'today',
  });
  expect(record.metadata?.files).toEqual(
    [top, folder, sidecar].map(({ key, versionId }) => ({
      key,
      versionId,
      etag: expect.stringMatching(/^[0-9a-f]{32}$/),
    })),
  );
  expect(record.metadata?.origins).toMatchObject({
    name: 'lts/a.img.yaml:1:1',
    visibility: 'targets.simulator.metadata',
    minDisk: 'x-amz-meta-min-disk',
    minRam: 'imagedrop.yaml:1:1',
    protected: 'default',
    'properties.os_version': 'lts/imagedrop.yaml:3:25',
    'properties.hw_disk_bus': 'imagedrop.yaml:5:3',
    'properties.built': 'x-amz-meta-property-built',
  });

  // None of the three was a drop.
  await pipeline.idle();
  for (const said of [top, folder, sidecar]) expect(await pipeline.record(said)).toBeUndefined();
});

test('a bad sidecar fails its drop with the place, and leaves no image', async () => {
  await put('bad/b.img.yaml', 'name: B\nproperties:\n  hw_disk_bus: [scsi]\n');
  const record = await pipeline.settled(await pipeline.drop('bad/b.img', disk()));
  expect(record).toMatchObject({
    status: 'failed',
    error: {
      code: 'bad-metadata',
      retryable: false,
      message: expect.stringMatching(
        /^bad\/b\.img\.yaml, line 3, column 16: properties\.hw_disk_bus must be text .+ but is a list of 1\.$/,
      ),
      nextStep: 'Correct the file at that place, then run `imagedrop retry` for the image or drop it again.',
    },
  });
  expect((await pipeline.images()).map(({ name }) => name)).not.toContain('B');

  // Mended, and dropped again.
  await put('bad/b.img.yaml', 'name: B\n');
  const again = await pipeline.settled(await pipeline.drop('bad/b.img', disk()));
  expect(again).toMatchObject({ status: 'active', sent: { name: 'B' } });
});

test('a third version of an image renames the second, and has the first deleted', async () => {
  const records: DropRecord[] = [];
  for (const seed of [31, 32, 33]) {
    records.push(await pipeline.settled(await pipeline.drop('versions/c.img', rawDisk(4096, seed))));
    // The older versions follow the outcome.
    await pipeline.idle();
  }
  const images = await Promise.all(records.map(({ image }) => shown(image?.id)));
  const day = records[1]?.drop.droppedAt.slice(0, 10);
  expect(images.map((image) => image?.name)).toEqual([undefined, `c (${day})`, 'c']);
  const [first, second] = records.map(({ drop: { key, versionId = '' } }) => pipeline.record({ key, versionId }));
  expect(await first).toMatchObject({ status: 'active', retired: { deleted: true } });
  expect((await second)?.retired).toEqual({ since: expect.any(String) });
});
