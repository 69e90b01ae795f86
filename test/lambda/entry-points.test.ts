import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Context, SQSEvent } from 'aws-lambda';

/** An AWS where every bucket is empty and every queue content. */
let aws: Server;
const asked: string[] = [];
beforeAll(async () => {
  aws = createServer((request, response) => {
    const action = String(request.headers['x-amz-target'] ?? `${request.method} ${request.url}`);
    asked.push(action);
    request.resume().on('end', () => {
      if (action.startsWith('GET')) response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
      else response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => aws.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_ENDPOINT_URL: url,
    TARGETS: '[{"name":"mycloud","kind":"glance"}]',
    CLOUDS_YAML_SECRET: 'clouds',
    STATUS_BUCKET: 'records',
    INGEST_QUEUE_URL: `${url}/1/ingest`,
    DROP_BUCKET: 'drops',
    UNPACK_QUEUE_URL: `${url}/1/unpack`,
    UPLOAD_QUEUE_URL: `${url}/1/upload`,
    STATUS_QUEUE_URL: `${url}/1/status`,
    WORK_BUCKET: 'work',
    MAX_UNPACKED_BYTES: '1000',
    OUTCOME_TOPIC_ARN: 'arn:aws:sns:us-east-1:1:outcomes',
    TAG_DROPS: 'true',
    MARK_SETTLED: 'false',
    IMAGEDROP_VERSION: '1.2.3',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  });
});
afterAll(() => void aws.close());

const event = (body: string) =>
  ({
    Records: [{ messageId: 'm', receiptHandle: 'r', body, attributes: { ApproximateReceiveCount: '1' } }],
  }) as SQSEvent;
const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => 60_000 } as Context;

test.each(['create-metadata', 'unpack-image', 'stream-upload', 'record-status'])(
  '%s looks up the record that a message names, and keeps the message when there is none',
  async (name) => {
    asked.length = 0;
    const { handler } = await import(`../../lambda/${name}.ts`);
    expect(await handler(event('{"record":"none.json"}'), context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm' }],
    });
    expect(asked).toEqual(['GET /records/none.json?x-id=GetObject', 'AmazonSQS.ChangeMessageVisibility']);
  },
);
