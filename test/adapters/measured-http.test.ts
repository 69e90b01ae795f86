import { describe, expect, test } from '@jest/globals';
import { measuredHttp } from '../../lambda/adapters/http.ts';
import type { HttpClient, HttpRequest } from '../../lambda/clouds/http.ts';
import type { EndpointAnswer } from '../../lambda/model/metrics.ts';

const request: HttpRequest = {
  method: 'GET',
  call: 'show',
  url: 'https://user:password@glance.example/v2/images/1?X-Amz-Signature=secret',
  headers: { 'x-auth-token': 'secret' },
};

function measured(client: HttpClient) {
  const answers: EndpointAnswer[] = [];
  const lines: unknown[] = [];
  let time = 0;
  const http = measuredHttp(client, {
    target: 'mycloud',
    count: (answer) => void answers.push(answer),
    debug: (message, fields) => void lines.push([message, fields]),
    clock: () => (time += 25),
  });
  return { answers, lines, http };
}

const ANSWER = { status: 404, headers: {}, text: 'gone' };

describe('a measured client', () => {
  test('counts and times each answer, and hands it on', async () => {
    const { answers, http } = measured(async () => ANSWER);
    expect(await http(request)).toBe(ANSWER);
    expect(answers).toEqual([{ target: 'mycloud', call: 'show', status: 404, milliseconds: 25 }]);
  });

  test('takes a call without a name for a discovery', async () => {
    const { answers, http } = measured(async () => ANSWER);
    await http({ method: 'GET', url: 'https://glance.example/' });
    expect(answers).toEqual([expect.objectContaining({ call: 'discover' })]);
  });

  test('counts a request without an answer', async () => {
    const { answers, http } = measured(() => Promise.reject(new Error('reset')));
    await expect(http(request)).rejects.toThrow('reset');
    expect(answers).toEqual([expect.objectContaining({ call: 'show', status: undefined })]);
  });

  test('does not hold it against the endpoint that we ended a request ourselves', async () => {
    const { answers, http } = measured(() => Promise.reject(new Error('aborted')));
    await expect(http({ ...request, signal: AbortSignal.abort() })).rejects.toThrow('aborted');
    expect(answers).toEqual([]);
  });

  test('logs each call at the level DEBUG, without anything that could be a secret', async () => {
    const { lines, http } = measured(async () => ANSWER);
    await http(request);
    expect(lines).toEqual([
      [
        'endpoint call',
        { target: 'mycloud', call: 'show', status: 404, milliseconds: 25, method: 'GET', path: '/v2/images/1' },
      ],
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/secret|password/);
  });
});
