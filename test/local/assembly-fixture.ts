import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Fixture {
  readonly Resources: Record<string, unknown>;
  readonly Outputs?: Record<string, unknown>;
  readonly Parameters?: Record<string, unknown>;
  readonly Conditions?: Record<string, unknown>;
}

export const STACK_NAME = 'Fixture';

/** A folder that goes away with the test. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'local-stack-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/**
 * Writes a template and its bundles as `cdk synth` does.
 * @param bundles the source of index.mjs by the hash of the asset
 */
export async function writeAssembly(folder: string, template: Fixture, bundles: Record<string, string> = {}) {
  await mkdir(folder, { recursive: true });
  const files: Record<string, unknown> = {};
  for (const [hash, source] of Object.entries(bundles)) {
    await mkdir(join(folder, `asset.${hash}`), { recursive: true });
    await writeFile(join(folder, `asset.${hash}`, 'index.mjs'), source);
    files[hash] = {
      source: { path: `asset.${hash}`, packaging: 'zip' },
      destinations: { 'current_account-current_region': { objectKey: `${hash}.zip` } },
    };
  }
  await writeFile(join(folder, `${STACK_NAME}.template.json`), JSON.stringify(template));
  await writeFile(join(folder, `${STACK_NAME}.assets.json`), JSON.stringify({ files }));
  return folder;
}

export function fn(hash: string, role: string, properties: Record<string, unknown> = {}) {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Bucket: 'assets', S3Key: `${hash}.zip` },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Role: { 'Fn::GetAtt': [role, 'Arn'] },
      Timeout: 30,
      ...properties,
    },
  };
}

export type Grant = readonly [actions: readonly string[], resources: readonly unknown[]];

export function role(...grants: readonly Grant[]) {
  const Statement = grants.map(([Action, Resource]) => ({ Effect: 'Allow', Action, Resource }));
  return {
    Type: 'AWS::IAM::Role',
    Properties: Statement.length === 0 ? {} : { Policies: [{ PolicyName: 'its', PolicyDocument: { Statement } }] },
  };
}

export const queue = (properties: Record<string, unknown> = {}) => ({
  Type: 'AWS::SQS::Queue',
  Properties: properties,
});

export const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

export const mapping = (queueId: string, functionId: string, properties: Record<string, unknown> = {}) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: { EventSourceArn: arnOf(queueId), FunctionName: { Ref: functionId }, ...properties },
});

export const POLLING = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
export const LOGGING: Grant = [['logs:CreateLogStream', 'logs:PutLogEvents'], ['arn:aws:logs:*:*:log-group:*']];
