import { describe, expect, test } from '@jest/globals';
import type { FoundImage } from '../../lambda/model/image.ts';
import { ID_PROPERTY } from '../../lambda/model/image.ts';
import { endpointAt, endpointOf, IMAGE_ID, newImage, TARGETS } from '../support/endpoint-fixture.ts';
import { answer, bodyOf } from '../support/http-server.ts';
import { failure } from '../support/outcome.ts';

const offline = endpointOf('glance', 'http://nowhere.invalid');

function found(format: FoundImage['format'], subformat?: string): FoundImage {
  return { format, virtualSize: 10_240, ...(subformat !== undefined && { subformat }) };
}

describe('the plan of Glance', () => {
  test.each(['qcow2', 'raw', 'vmdk', 'vhdx', 'vdi', 'iso'] as const)('sends %s as it is', (format) => {
    const range = { offset: 0, length: 10_752 };
    expect(offline.plan(found(format), 10_752)).toEqual({ route: 'stream', diskFormat: format, range });
  });

  test('sends a dynamic VHD as vhd', () => {
    expect(offline.plan(found('vhd', 'dynamic'), 2048)).toMatchObject({ diskFormat: 'vhd', range: { length: 2048 } });
  });

  test('sends a fixed VHD as raw, without its footer', () => {
    const range = { offset: 0, length: 10_240 };
    expect(offline.plan(found('vhd', 'fixed'), 10_752)).toEqual({ route: 'stream', diskFormat: 'raw', range });
  });

  test.each([
    ['qed', 'qemu-img convert'],
    ['qcow', 'qemu-img convert'],
    ['zvhd', 'Export'],
    ['zvhd2', 'Export'],
  ] as const)('takes no %s and says what to do', async (format, nextStep) => {
    const error = await failure(() => offline.plan(found(format), 1));
    expect(error).toMatchObject({ code: 'format-not-taken', nextStep: expect.stringContaining(nextStep) });
    expect(error.message).toContain(format);
  });

  test('takes nothing larger than one PUT may be', async () => {
    const { maxPutBytes } = TARGETS.glance;
    expect(offline.plan(found('raw'), maxPutBytes).range.length).toBe(maxPutBytes);
    const error = await failure(() => offline.plan(found('raw'), maxPutBytes + 1));
    expect(error.code).toBe('too-large');
    expect(error.message).toContain(String(maxPutBytes + 1));
  });
});

describe('an image for Glance', () => {
  test('stays as it is where everything is legal', () => {
    const image = newImage({ name: 'Ünïcode 🚀', visibility: 'shared', tags: ['plain'] });
    expect(offline.conform(image)).toEqual(image);
  });

  test('loses what is beyond 255 characters of its name, and keeps the whole in a property', () => {
    const { name, properties } = offline.conform(newImage({ name: 'é🚀'.repeat(200) }));
    expect(Array.from(name)).toHaveLength(255);
    expect(properties.imagedrop_original_name).toBe('é🚀'.repeat(200));
  });

  test('is refused where its disk is larger than the target allows', async () => {
    const error = await failure(() => offline.conform(newImage({ minDisk: 65_537 })));
    expect(error.code).toBe('invalid-request');
    expect(error.message).toContain('65537');
  });
});

describe('creating an image at Glance', () => {
  const shown = { id: IMAGE_ID, name: 'x', status: 'queued', disk_format: 'qcow2', size: null };

  test('sends the chosen id, the metadata and the properties', async () => {
    const bodies: unknown[] = [];
    const endpoint = await endpointAt('glance', async (request, response) => {
      bodies.push(`${request.method} ${request.url}`, JSON.parse(await bodyOf(request)));
      answer(response, 201, shown);
    });
    const properties = { [ID_PROPERTY]: IMAGE_ID, os_distro: 'ubuntu', name: 'a property cannot displace a field' };
    const image = await endpoint.create(newImage({ tags: ['a'], properties }));
    expect(image).toMatchObject({ id: IMAGE_ID, status: 'queued' });
    expect(bodies).toEqual([
      'POST /v2/images',
      {
        id: IMAGE_ID,
        name: 'ubuntu-24.04',
        disk_format: 'qcow2',
        container_format: 'bare',
        min_disk: 40,
        min_ram: 512,
        visibility: 'private',
        protected: false,
        tags: ['a'],
        imagedrop_id: IMAGE_ID,
        os_distro: 'ubuntu',
      },
    ]);
  });

  test('adopts the image that a try before has created, when its answer was lost', async () => {
    let created = false;
    const endpoint = await endpointAt('glance', (request, response) => {
      if (request.method === 'GET') return answer(response, 200, { ...shown, [ID_PROPERTY]: IMAGE_ID });
      if (created) return answer(response, 409, 'Image ID already exists!');
      created = true;
      request.socket.destroy();
    });
    expect(await failure(endpoint.create(newImage()))).toMatchObject({ code: 'endpoint-unavailable', retryable: true });
    expect(await endpoint.create(newImage())).toMatchObject({ id: IMAGE_ID });
  });

  test.each([
    ['was deleted', 404, {}, 'a deleted image'],
    ['belongs to another image', 200, shown, 'which is not ours'],
    ['belongs to an image of ours for another id', 200, { ...shown, [ID_PROPERTY]: 'other' }, 'which is not ours'],
  ])('goes on to the next id when this one %s', async (_, status, body, words) => {
    const endpoint = await endpointAt('glance', (request, response) =>
      request.method === 'POST' ? answer(response, 409) : answer(response, status, body),
    );
    const error = await failure(endpoint.create(newImage()));
    expect(error).toMatchObject({ code: 'image-id-taken', retryable: true });
    expect(error.message).toContain(words);
  });

  test('says what the cloud does not like', async () => {
    const message = "Provided object does not match schema 'image': 'qcow9' is not one of ['raw'].";
    const endpoint = await endpointAt('glance', (_, response) => answer(response, 400, { message }));
    const error = await failure(endpoint.create(newImage()));
    expect(error.code).toBe('invalid-request');
    expect(error.message).toBe(`Creating image "ubuntu-24.04" at here was answered with 400: ${message}`);
  });

  test('knows the size once Glance tells it', async () => {
    const endpoint = await endpointAt('glance', (request, response) =>
      answer(response, 200, { ...shown, size: request.url?.endsWith('full') ? 12 : null }),
    );
    expect(await endpoint.get('full')).toMatchObject({ size: 12 });
    expect(await endpoint.get('empty')).not.toHaveProperty('size');
  });
});
