import { describe, expect, test } from '@jest/globals';
import { conformByTarget } from '../../lambda/endpoints/registry.ts';
import { conformToEndpoint } from '../../lambda/metadata/origins.ts';
import { resolveMetadata } from '../../lambda/metadata/resolve.ts';
import { ALL_RIGHTS } from '../../lambda/model/dropper-rights.ts';
import { newImage } from '../../lambda/model/new-image.ts';
import { TARGETS } from '../support/endpoint-fixture.ts';
import { failure } from '../support/outcome.ts';

const GIB = 2 ** 30;
const drop = { bucket: 'drops', key: 'a.qcow2', id: 'v1', etag: 'e', size: 1, droppedAt: '' };
const plan = {
  route: 'stream',
  reason: '',
  diskFormat: 'qcow2',
  range: { offset: 0, length: 1 },
  algorithms: [],
} as const;

/** An image for IMS of which a file says something. */
function asked(yaml: string, virtualSize = GIB) {
  const files = [{ name: 'imagedrop.yaml', size: yaml.length, bytes: Buffer.from(yaml) }];
  const said = resolveMetadata({ target: { ...TARGETS.ims, droppersMay: ALL_RIGHTS }, files, userMetadata: {} });
  const found = { format: 'qcow2', virtualSize };
  const wanted = newImage({ drop, target: 'there', generation: 1, found, plan, metadata: said.metadata });
  return conformToEndpoint((image) => conformByTarget(image, TARGETS.ims), wanted, said);
}

describe('what a target does not take', () => {
  test.each([
    [
      'visibility: shared',
      'takes private images only, and this one shall be shared. The value is in imagedrop.yaml:1:1.',
    ],
    [
      'os_hidden: true',
      'knows no hidden images, and this one shall be (os_hidden). The value is in imagedrop.yaml:1:1.',
    ],
    [
      'shared_with: [a]',
      'accepts private images only, and shared_with is set. Remove it, or choose another target. The value is in imagedrop.yaml:1:1.',
    ],
    ['min_ram: 1\nmin_disk: 5000', 'takes at most 1024 GiB. The value is in imagedrop.yaml:2:1.'],
    ['tags: ["=x"]', 'is not key=value of at most 255 characters. The value is in imagedrop.yaml:1:1.'],
    ['name: "   "', 'has no character but spaces. The value is in imagedrop.yaml:1:1.'],
  ])('is refused with the place of the value: %j', async (yaml, words) => {
    const error = await failure(() => asked(yaml));
    expect(error.code).toBe('invalid-request');
    expect(error.message.endsWith(words)).toBe(true);
    expect(error.nextStep).toContain('Correct the value there');
  });

  test('is refused without one where the file itself asks for it', async () => {
    const { message } = await failure(() => asked('min_disk: 3', 5000 * GIB));
    expect(message).toBe('The image needs a disk (min_disk) of 5000 GiB, and there takes at most 1024 GiB.');
  });
});

test('what it takes in another form is not a refusal', () => {
  expect(asked('tags: [linux]\nname: "a/b"')).toMatchObject({ name: 'a-b', tags: ['linux='] });
});

test('what is not a refusal of an endpoint goes on as it is', () => {
  const crash = () => {
    throw new TypeError('a bug');
  };
  const said = { metadata: {}, origins: {} };
  expect(() => conformToEndpoint(crash, asked(''), said)).toThrow(new TypeError('a bug'));
});
