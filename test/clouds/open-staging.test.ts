import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { isPlace, type StagingAccess, stagingOpener } from '../../lambda/clouds/open-staging.ts';
import { AUTHORITY } from '../support/certificates.ts';
import { TARGETS } from '../support/endpoint-fixture.ts';
import { failure } from '../support/outcome.ts';

const KEYS = { access_key_id: 'AK', secret_access_key: 'SK' };
const TARGET = { ...TARGETS.ims, name: 'huawei' };

function cloudsYaml(more: object = { object_storage: KEYS }): string {
  const auth = {
    auth_url: 'https://iam.example/v3',
    username: 'u',
    password: 'p',
    project_name: 'x',
    user_domain_name: 'D',
  };
  return stringify({ clouds: { huawei: { auth, ...more } } });
}

const opened: { access: StagingAccess; bucket: string }[] = [];
const open = stagingOpener((access, bucket) => {
  opened.push({ access, bucket });
  return opened.length;
});

describe('the staging bucket of a target', () => {
  test('is reached by the keys of its cloud, at the address of its settings', () => {
    open(cloudsYaml({ object_storage: KEYS, cacert: AUTHORITY }), TARGET);
    expect(opened.at(-1)).toEqual({
      bucket: 'staging',
      access: {
        endpoint: 'https://obs.here.example',
        region: 'here',
        accessKeyId: 'AK',
        secretAccessKey: 'SK',
        verify: true,
        cacert: expect.stringContaining('BEGIN CERTIFICATE'),
      },
    });
  });

  test('is kept until the text of clouds.yaml is another', () => {
    const one = open(cloudsYaml(), TARGET);
    expect(open(cloudsYaml(), TARGET)).toBe(one);
    expect(open(cloudsYaml({ object_storage: { ...KEYS, access_key_id: 'AK2' } }), TARGET)).not.toBe(one);
    expect(opened.at(-1)?.access.accessKeyId).toBe('AK2');
  });

  test('cannot be reached without keys, which says where they belong', async () => {
    const error = await failure(() => open(cloudsYaml({}), TARGET));
    expect(error).toMatchObject({ code: 'bad-clouds-yaml' });
    expect(error.message).toContain('clouds.huawei.object_storage');
  });

  test('may have left the settings since the drop', async () => {
    const { objectStorage: _, ...without } = TARGET;
    expect(await failure(() => open(cloudsYaml(), without))).toMatchObject({ code: 'bad-setting' });
  });
});

test.each([
  ['staging', 'https://obs.here.example', true],
  ['staging', 'https://obs.here.example/', true],
  ['other', 'https://obs.here.example', false],
  ['staging', 'https://obs.there.example', false],
  ['staging', undefined, false],
])('the drop bucket %s at %s is the staging bucket: %s', (bucket, endpoint, expected) => {
  expect(isPlace(TARGETS.ims.objectStorage?.staging, bucket, endpoint)).toBe(expected);
  expect(isPlace(undefined, bucket, endpoint)).toBe(false);
});
