import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import { leanModules } from '../../../lib/bundling/lean-modules.ts';
import { withoutErrorClasses } from '../../../lib/bundling/nameless-errors.ts';
import { loaded } from './loaded.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** What a service answers. */
interface Answer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** An error as the SDK describes it; `awsQueryError` is what it was called before the service spoke JSON. */
interface Described {
  readonly name: string;
  readonly traits: { error: string; httpError?: number; awsQueryError?: readonly [code: string, status: number] };
}

interface Service {
  readonly command: string;
  readonly input: object;
  /** How the service says that there is such an error. */
  readonly answer: (code: string, error: Described) => Omit<Answer, 'statusCode'>;
}

const json = (code: string, { name, traits: { awsQueryError } }: Described) => ({
  headers: {
    'x-amzn-errortype': name,
    'x-amzn-requestid': 'request-1',
    ...(awsQueryError && { 'x-amzn-query-error': `${code};Sender` }),
  },
  body: JSON.stringify({ __type: `com.amazonaws.service#${name}`, message: 'No.' }),
});

const SERVICES = {
  s3: {
    command: 'GetObjectCommand',
    input: { Bucket: 'drops', Key: 'a' },
    answer: (code) => ({
      headers: { 'x-amz-request-id': 'request-1' },
      body: `<Error><Code>${code}</Code><Message>No.</Message><Key>a</Key></Error>`,
    }),
  },
  sqs: {
    command: 'SendMessageCommand',
    input: { QueueUrl: 'https://sqs.us-east-1.amazonaws.com/1/queue', MessageBody: '{}' },
    answer: json,
  },
  sns: {
    command: 'PublishCommand',
    input: { TopicArn: 'arn:aws:sns:us-east-1:1:topic', Message: '{}' },
    answer: (code) => ({
      headers: { 'x-amzn-requestid': 'request-1' },
      body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>No.</Message></Error></ErrorResponse>`,
    }),
  },
  'secrets-manager': { command: 'GetSecretValueCommand', input: { SecretId: 'clouds' }, answer: json },
} as const satisfies Record<string, Service>;

type ServiceName = keyof typeof SERVICES;

/** What the SDK throws at an answer. */
type Thrower = (answer: Answer) => Promise<Record<string, unknown>>;

async function sdkOf(service: ServiceName, plugins: (typeof leanModules)[]) {
  const { command, input }: Service = SERVICES[service];
  const text = `import * as sdk from '@aws-sdk/client-${service}';
export const errors = Object.values(sdk).filter((one) => Array.isArray(one) && one[0] === -3 && one[1].startsWith('com.')).map(([, , name, traits]) => ({ name, traits }));
const Client = Object.values(sdk).find((one) => one.prototype?.send !== undefined && one.prototype.destroy !== undefined);
export async function thrown(answer, Body) {
  const requestHandler = { handle: async () => ({ response: { ...answer, body: Body } }) };
  const client = new Client({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxAttempts: 1, requestHandler });
  return client.send(new sdk.${command}(${JSON.stringify(input)})).then(() => undefined, (error) => error);
}`;
  const { errors, thrown } = (await loaded(text, ROOT, { mainFields: ['module', 'main'], plugins })) as {
    errors: readonly Described[];
    thrown: (answer: Answer, body: Readable) => Promise<never>;
  };
  const thrower: Thrower = async (answer) =>
    told(await thrown({ ...answer }, Readable.from([Buffer.from(answer.body)])));
  return { errors, thrower };
}

/** What adapters, the log and the SDK's own retries look at. */
const told = (error: Error & { $fault?: unknown; $metadata?: { httpStatusCode?: number; requestId?: string } }) => ({
  name: error.name,
  message: error.message,
  fault: error.$fault,
  status: error.$metadata?.httpStatusCode,
  requestId: error.$metadata?.requestId,
  isThrottling: isThrottlingError(error as never),
  isTransient: isTransientError(error as never),
  isServer: isServerError(error as never),
});

describe('without classes for errors', () => {
  test.each(Object.keys(SERVICES) as ServiceName[])(
    '%s throws the same, by the name that is in the answer',
    async (service) => {
      const [whole, lean] = await Promise.all([sdkOf(service, []), sdkOf(service, [leanModules])]);
      expect(whole.errors.length).toBeGreaterThan(5);
      for (const error of whole.errors) {
        const { awsQueryError: [code, status] = [error.name, error.traits.httpError] } = error.traits;
        const statusCode = status ?? (error.traits.error === 'server' ? 500 : 400);
        const answer = { statusCode, ...(SERVICES[service] as Service).answer(code, error) };
        const expected = await whole.thrower(answer);
        expect(expected.name).toBe(error.name);
        expect(await lean.thrower(answer)).toEqual({ ...expected, name: code });
      }
    },
    60_000,
  );

  test('S3 throws the same where an answer has no body', async () => {
    const [whole, lean] = await Promise.all([sdkOf('s3', []), sdkOf('s3', [leanModules])]);
    const answer = { statusCode: 404, headers: {}, body: '' };
    expect(await lean.thrower(answer)).toEqual(await whole.thrower(answer));
    expect(await lean.thrower(answer)).toMatchObject({ name: 'NotFound', status: 404 });
  });
});

test('only what registers a class is left out', () => {
  const text = `_s_registry.registerError(S3ServiceException$, S3ServiceException);
export var NoSuchKey$ = [-3, n0, _NSK];
n0_registry.registerError(NoSuchKey$, NoSuchKey);
export const errorTypeRegistries = [n0_registry];
`;
  expect(withoutErrorClasses(text)).toBe(text.replace('n0_registry.registerError(NoSuchKey$, NoSuchKey);\n', ''));
});
