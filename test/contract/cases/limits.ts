import { expect } from '@jest/globals';
import { rawDisk } from '../../support/disk.ts';
import { failure } from '../../support/outcome.ts';
import { anImage, created, DISK, pausedBody, until, untilStoring, upload, uploaded } from '../fixtures.ts';
import type { ContractCase } from '../service-world.ts';

const MIB = 1024 * 1024;
const LARGE = rawDisk(8 * MIB);

export const LIMITS: readonly ContractCase[] = [
  {
    name: 'more images than the quota (image_count_total)',
    service: '413 on POST; GET /v2/info/usage tells limit and use',
    ours: '`quota-exceeded`, from the plan, and from the service where it was quicker: the target is paused; permanent where the whole quota is too small',
    settings: { quotas: { imageCountTotal: 0 } },
    async run(world) {
      const { usage } = (await (await world.client()).get('/v2/info/usage')).json;
      expect(usage.image_count_total).toMatchObject({ limit: 0, usage: expect.any(Number) });
      const planned = world.endpoint().plan({ format: 'raw', virtualSize: MIB }, MIB);
      expect(await failure(planned)).toMatchObject({ code: 'quota-exceeded', retryable: false });
      expect(await failure(world.endpoint().create(anImage()))).toMatchObject({ code: 'quota-exceeded' });
    },
  },
  {
    name: 'more bytes than the quota (image_size_total)',
    service: '413 on PUT, before the body is read, once the quota is used up',
    ours: '`quota-exceeded`, from the plan, and from the service where it was quicker: the target is paused; permanent where the whole quota is too small',
    settings: { quotas: { imageSizeTotalMib: 1 } },
    async run(world) {
      const id = await created(world.endpoint());
      const planned = world.endpoint().plan({ format: 'raw', virtualSize: LARGE.length }, LARGE.length);
      expect(await failure(planned)).toMatchObject({ code: 'quota-exceeded' });
      await upload(world.endpoint(), id, rawDisk(2 * MIB)).catch(() => undefined);
      const next = await created(world.endpoint());
      expect(await failure(upload(world.endpoint(), next, rawDisk(4 * MIB)))).toMatchObject({ code: 'quota-exceeded' });
    },
  },
  {
    name: 'more uploads at a time than the quota (image_count_uploading)',
    service: '413 on PUT while another one is under way',
    ours: '`endpoint-busy`: tried again',
    settings: { quotas: { imageCountUploading: 1 } },
    async run(world) {
      const endpoint = world.endpoint();
      const [first, second] = [await created(endpoint), await created(endpoint)];
      const paused = pausedBody();
      const running = endpoint.upload(first, paused.body, DISK.length, new AbortController().signal);
      // Glance counts when the image is `saving` already: one that is not past that could be refused for the second.
      await untilStoring(world, first);
      expect(await failure(upload(endpoint, second))).toMatchObject({ code: 'endpoint-busy', retryable: true });
      paused.goOn();
      await running;
      await until(endpoint, second, ['queued']);
    },
  },
  {
    name: 'an image above image_size_cap',
    service: '413 in the middle of the body',
    ours: '`too-large`, permanent',
    settings: { imageSizeCapBytes: 2 * MIB },
    async run(world) {
      const endpoint = world.endpoint();
      const id = await created(endpoint);
      expect(await failure(upload(endpoint, id, LARGE))).toMatchObject({ code: 'too-large', retryable: false });
      await until(endpoint, id, ['queued', 'gone']);
    },
  },
  {
    name: 'an image above user_storage_quota',
    service: '413',
    ours: '`quota-exceeded`: the target is paused',
    settings: { userStorageQuotaBytes: 1 },
    async run(world) {
      const endpoint = world.endpoint();
      const id = await created(endpoint);
      expect(await failure(upload(endpoint, id, LARGE))).toMatchObject({ code: 'quota-exceeded', wholeTarget: true });
    },
  },
  {
    name: 'a store that is full',
    service: '413',
    ours: '`store-full`: tried again, for someone may make room',
    settings: { storeBytes: 4 * MIB },
    async run(world) {
      const endpoint = world.endpoint();
      const id = await created(endpoint);
      expect(await failure(upload(endpoint, id, LARGE))).toMatchObject({ code: 'store-full', retryable: true });
      await until(endpoint, id, ['queued', 'gone']);
    },
  },
  {
    name: 'a project without quotas',
    service: 'GET /v2/info/usage is empty',
    ours: 'nothing is refused for it',
    async run(world) {
      expect((await (await world.client()).get('/v2/info/usage')).json).toEqual({ usage: {} });
      expect(await world.endpoint().plan({ format: 'raw', virtualSize: 1 }, 1)).toMatchObject({ route: 'stream' });
      await uploaded(world.endpoint());
    },
  },
];
