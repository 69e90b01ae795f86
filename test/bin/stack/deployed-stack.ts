import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface CloudFormation {
  readonly url: string;
  /** The names of the stacks that were asked for, in order. */
  readonly asked: string[];
  /** The stacks that there are, with their outputs. */
  readonly stacks: Record<string, Record<string, string>>;
  close(): Promise<void>;
}

/** Answers DescribeStacks (AWS CloudFormation API reference) as the service does. */
export async function startCloudFormation(): Promise<CloudFormation> {
  const asked: string[] = [];
  const stacks: CloudFormation['stacks'] = {};
  const server = createServer(async (request, response) => {
    const name = new URLSearchParams((await buffer(request)).toString()).get('StackName') ?? '';
    asked.push(name);
    const outputs = stacks[name];
    response.writeHead(outputs === undefined ? 400 : 200, { 'content-type': 'text/xml' });
    response.end(outputs === undefined ? noSuchStack(name) : described(name, outputs));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stacks,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const noSuchStack = (name: string): string =>
  `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id ${name} does not exist</Message></Error><RequestId>1</RequestId></ErrorResponse>`;

function described(name: string, outputs: Record<string, string>): string {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  return `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member><StackName>${name}</StackName><CreationTime>2026-01-02T03:04:05Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
}
