import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fn, LOGGING, role } from '../assembly-fixture.ts';
import { type RunningFixture, startFixture } from '../stack-fixture.ts';

const echo = `
  export const handler = async (event) => {
    if (event.boom) throw new TypeError(event.boom);
    return { got: event };
  };`;

let fixture: RunningFixture;
let client: LambdaClient;
beforeAll(async () => {
  const Resources = { Role: role(LOGGING), Echo: fn('echo', 'Role') };
  const template = { Resources, Outputs: { Name: { Value: { Ref: 'Echo' } } } };
  fixture = await startFixture({ template, bundles: { echo } });
  const { endpoints, operator } = fixture.stack;
  client = new LambdaClient({ region: 'us-east-1', endpoint: endpoints.lambda, credentials: operator, maxAttempts: 1 });
});
afterAll(async () => {
  client?.destroy();
  await fixture?.stop();
});

const invoke = (input: object = {}) =>
  client.send(new InvokeCommand({ FunctionName: fixture.stack.outputs.Name, ...input }));

describe('Invoke', () => {
  test('runs a function and gives what it returns', async () => {
    const { StatusCode: status, Payload, FunctionError } = await invoke({ Payload: '{"a":"ü"}' });
    expect({ status, FunctionError }).toEqual({ status: 200, FunctionError: undefined });
    expect(JSON.parse(Payload?.transformToString() ?? '')).toEqual({ got: { a: 'ü' } });
  });

  test('tells the error of a function that failed', async () => {
    const { FunctionError, Payload } = await invoke({ Payload: '{"boom":"It broke."}' });
    expect(FunctionError).toBe('Unhandled');
    expect(JSON.parse(Payload?.transformToString() ?? '')).toMatchObject({
      errorType: 'TypeError',
      errorMessage: 'It broke.',
    });
  });

  test.each([
    ['of a function that is not there', { FunctionName: 'other' }, 'ResourceNotFoundException'],
    ['with an event that is no JSON', { Payload: '{' }, 'InvalidRequestContentException'],
    ['that nobody waits for', { InvocationType: 'Event' as const }, 'InvalidParameterValueException'],
  ])('%s is refused', async (_what, input, name) => {
    await expect(invoke(input)).rejects.toMatchObject({ name });
  });

  test('is for those who have the right to it', async () => {
    const stranger = new LambdaClient({
      region: 'us-east-1',
      endpoint: fixture.stack.endpoints.lambda,
      credentials: { accessKeyId: 'AKIASTRANGER', secretAccessKey: 'x' },
      maxAttempts: 1,
    });
    const asked = stranger.send(new InvokeCommand({ FunctionName: fixture.stack.outputs.Name }));
    await expect(asked).rejects.toMatchObject({ name: 'InvalidClientTokenIdException' });
    stranger.destroy();
  });
});
