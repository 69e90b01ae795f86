import { expect, test } from '@jest/globals';
import type { SharedEnvironment } from '../../lambda/runtime/environment.ts';
import { stagingOf, stepDependencies } from '../../lambda/wiring.ts';
import { TARGETS } from '../support/endpoint-fixture.ts';
import { failure } from '../support/outcome.ts';

const TARGET = { ...TARGETS.ims, name: 'huawei' };
const ENVIRONMENT: SharedEnvironment = {
  TARGETS: JSON.stringify([TARGET]),
  CLOUDS_YAML_SECRET: 'clouds',
  STATUS_BUCKET: 'records',
  INGEST_QUEUE_URL: 'https://sqs.example/ingest',
  STATUS_QUEUE_URL: 'https://sqs.example/status',
};

const auth =
  'auth: { auth_url: https://iam.example/v3, username: u, password: p, project_name: x, user_domain_name: D }';
const withoutKeys = async () => `clouds: { huawei: { ${auth} } }`;
const withKeys = async () =>
  `clouds: { huawei: { ${auth}, object_storage: { access_key_id: AK, secret_access_key: SK } } }`;

test('a function that stages nothing knows whether there are keys for it', async () => {
  const { staging } = stepDependencies(ENVIRONMENT, withoutKeys);
  expect(await failure(staging.requireKeys(TARGET))).toMatchObject({ code: 'bad-clouds-yaml' });
  await stepDependencies(ENVIRONMENT, withKeys).staging.requireKeys(TARGET);
});

test('one that stages opens the staging bucket by them', async () => {
  expect(await failure(stagingOf(ENVIRONMENT, withoutKeys).of(TARGET))).toMatchObject({ code: 'bad-clouds-yaml' });
  expect((await stagingOf(ENVIRONMENT, withKeys).of(TARGET)).bucket).toBe('staging');
});
