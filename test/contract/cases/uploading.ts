import { once } from 'node:events';
import { Readable } from 'node:stream';
import { expect } from '@jest/globals';
import { rawDisk } from '../../support/disk.ts';
import { failure } from '../../support/outcome.ts';
import { created, DISK, hash, pausedBody, until, upload, uploaded } from '../fixtures.ts';
import type { ContractCase } from '../service-world.ts';

const never = new AbortController().signal;

export const UPLOADING: readonly ContractCase[] = [
  {
    name: 'the bytes of an image',
    service: '204, and the image is active at once, with size, md5 and the operator’s hash',
    ours: 'compared with what was read, all the same',
    async run(world) {
      const endpoint = world.endpoint();
      const id = await uploaded(endpoint);
      const image = await endpoint.get(id);
      expect(image).toMatchObject({ status: 'active', size: DISK.length });
      expect(image?.hashes).toEqual({ md5: hash('md5', DISK), sha512: hash('sha512', DISK) });
      expect((await world.storedBytes(id)).equals(DISK)).toBe(true);
    },
  },
  {
    name: 'a body of another content type',
    service: '415, the image stays queued',
    ours: 'never sent',
    async run(world) {
      const client = await world.client();
      const id = await client.created();
      const type = { 'content-type': 'text/plain' };
      expect((await client.ask('PUT', `/v2/images/${id}/file`, DISK, type)).status).toBe(415);
      expect(await client.image(id)).toMatchObject({ status: 'queued' });
    },
  },
  {
    name: 'a second upload to an active image',
    service: '409, the image stays as it is',
    ours: '`upload-interrupted`: the image is looked at, and found to be active',
    async run(world) {
      const endpoint = world.endpoint();
      const id = await uploaded(endpoint);
      const before = await endpoint.get(id);
      expect(await failure(upload(endpoint, id, rawDisk(2048)))).toMatchObject({ code: 'upload-interrupted' });
      expect(await endpoint.get(id)).toEqual(before);
    },
  },
  {
    name: 'an upload while another is under way',
    service: '409; the first one goes on',
    ours: '`upload-interrupted`; the image is left to the one who uploads',
    async run(world) {
      const endpoint = world.endpoint();
      const id = await created(endpoint);
      const paused = pausedBody();
      const first = endpoint.upload(id, paused.body, DISK.length, never);
      await until(endpoint, id, ['saving']);
      expect(await failure(upload(endpoint, id))).toMatchObject({ code: 'upload-interrupted' });
      paused.goOn();
      await first;
      expect(await endpoint.get(id)).toMatchObject({ status: 'active', size: DISK.length });
    },
  },
  {
    name: 'two uploads that begin at the same moment',
    service: 'one becomes active; the other gets 409 or, if both have found it queued, 410 although the image exists',
    ours: 'the loser is `upload-interrupted`; the image is whole',
    async run(world) {
      const endpoint = world.endpoint();
      for (let round = 0; round < 5; round += 1) {
        const id = await created(endpoint);
        const both = await Promise.allSettled([upload(endpoint, id), upload(world.endpoint(), id)]);
        const reasons = both.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
        expect(reasons).toEqual(['upload-interrupted']);
        expect(await until(endpoint, id, ['active'])).toMatchObject({ size: DISK.length });
        expect((await world.storedBytes(id)).equals(DISK)).toBe(true);
      }
    },
  },
  {
    name: 'an upload to an image that does not exist',
    service: '404',
    ours: '`upload-interrupted`; the image is looked at, and found to be gone',
    async run(world) {
      const error = await failure(upload(world.endpoint(), crypto.randomUUID()));
      expect(error).toMatchObject({ code: 'upload-interrupted' });
    },
  },
  {
    name: 'a source that breaks off in the middle of the body',
    service: 'the image is queued again, and takes the next upload',
    ours: 'the fault of the source, and another try on the same image',
    async run(world) {
      const endpoint = world.endpoint();
      const id = await created(endpoint);
      const paused = pausedBody();
      const broken = failure(endpoint.upload(id, paused.body, DISK.length, never));
      await until(endpoint, id, ['saving']);
      paused.breakOff();
      expect((await broken).code).toMatch(/source-unreadable|internal/);
      await until(endpoint, id, ['queued']);
      await upload(endpoint, id);
      expect(await endpoint.get(id)).toMatchObject({ status: 'active', size: DISK.length });
    },
  },
  {
    name: 'a body shorter than its Content-Length',
    service: 'the image is queued again',
    ours: '`source-unreadable`, and another try',
    async run(world) {
      const endpoint = world.endpoint();
      const id = await created(endpoint);
      const half = Readable.from([DISK.subarray(0, 1000)]);
      const error = await failure(endpoint.upload(id, half, DISK.length, never));
      expect(error).toMatchObject({ code: 'source-unreadable', retryable: true });
      await until(endpoint, id, ['queued']);
    },
  },
  {
    name: 'a wrong x-openstack-image-size',
    service: '400, the image is queued again (since release 30; older ones ignore the header)',
    ours: 'sent with the size that Content-Length has, too',
    simulatorOnly: 'Debian’s Glance is release 25, which ignores the header',
    async run(world) {
      const client = await world.client();
      const id = await client.created();
      expect((await client.upload(id, DISK, { 'x-openstack-image-size': '17' })).status).toBe(400);
      expect(await client.image(id)).toMatchObject({ status: 'queued' });
    },
  },
  {
    name: 'content that is not what disk_format says',
    service: '415 after the whole body (since release 30); stale hashes then make the next upload fail with 500',
    ours: '`content-refused`, permanent, and the image is deleted',
    simulatorOnly: 'Debian’s Glance is release 25, which does not look into the content',
    async run(world) {
      const endpoint = world.endpoint();
      const id = await created(endpoint, { diskFormat: 'qcow2' });
      expect(await failure(upload(endpoint, id))).toMatchObject({ code: 'content-refused', retryable: false });
      const client = await world.client();
      expect(await client.image(id)).toMatchObject({ status: 'queued', checksum: hash('md5', DISK) });
      expect((await client.upload(id, rawDisk(512))).status).toBe(500);
    },
  },
  {
    name: 'an image that is deleted during its upload',
    service: 'the upload ends with 410, and its data is removed',
    ours: '`upload-interrupted`; the image is looked at, and found to be gone',
    async run(world) {
      const endpoint = world.endpoint();
      const id = await created(endpoint);
      const paused = pausedBody();
      const ended = failure(endpoint.upload(id, paused.body, DISK.length, never));
      await until(endpoint, id, ['saving']);
      await endpoint.delete(id);
      paused.goOn();
      expect(await ended).toMatchObject({ code: 'upload-interrupted' });
      expect(await endpoint.get(id)).toBeUndefined();
      await expect(world.storedBytes(id)).rejects.toMatchObject({ code: 'ENOENT' });
    },
  },
  {
    name: 'a server that is killed during an upload',
    service: 'the image stays in `saving` for ever',
    ours: 'when a minute has passed without a sign of us: deleted, and the next generation',
    async run(world) {
      const id = await created(world.endpoint());
      const paused = pausedBody();
      const cut = failure(world.endpoint().upload(id, paused.body, DISK.length, never));
      await until(world.endpoint(), id, ['saving']);
      await world.crash();
      paused.breakOff();
      await cut;
      const endpoint = world.endpoint();
      expect(await endpoint.get(id)).toMatchObject({ status: 'saving' });
      expect(await failure(upload(endpoint, id))).toMatchObject({ code: 'upload-interrupted' });
      await endpoint.delete(id);
      expect(await endpoint.get(id)).toBeUndefined();
    },
  },
  {
    name: 'a client that goes away in the middle of the body',
    service: 'the image is queued again',
    ours: 'the next try uploads to the same image',
    async run(world) {
      const client = await world.client();
      const id = await client.created();
      const socket = await client.beginUpload(id, DISK.length);
      socket.write(DISK.subarray(0, 1000));
      socket.destroy();
      await once(socket, 'close');
      const endpoint = world.endpoint();
      await until(endpoint, id, ['queued']);
      await upload(endpoint, id);
      expect(await endpoint.get(id)).toMatchObject({ status: 'active' });
    },
  },
];
