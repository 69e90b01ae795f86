import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { cloudNamed } from '../../lambda/clouds/clouds-yaml.ts';
import type { TargetKind } from '../../lambda/model/target.ts';
import { ownCloud } from '../clouds/clouds-yaml.ts';
import { printableJson } from '../printable.ts';
import { type StackConnection, withStack } from '../stack/connection.ts';
import { DONE, FAILED } from '../terminal/exit-codes.ts';
import { stylerFor } from '../terminal/styles.ts';
import { cloudChecks } from './cloud-checks.ts';
import { Checks, type Finding, hasFailed, ok, skipped } from './finding.ts';
import { findingLines, totals } from './report.ts';
import { stackChecks } from './stack-checks.ts';

export interface DoctorOptions {
  readonly stack?: string;
  /** Only this cloud of the user's own clouds.yaml. */
  readonly osCloud?: string;
  readonly kind: TargetKind;
  /** Whether nothing is made, not even for a moment. */
  readonly readOnly: boolean;
  readonly json: boolean;
}

/** @returns the exit code: 0 nothing is wrong, 1 something is */
export async function runDoctor(options: DoctorOptions): Promise<number> {
  const { stack, osCloud, kind, readOnly } = options;
  if (osCloud === undefined) {
    return withStack(stack, async (connection) => show(allOf(connection, readOnly), options));
  }
  const { cloud } = await ownCloud(osCloud);
  return show(cloudChecks({ cloud, kind }, readOnly), options);
}

async function* allOf(stack: Parameters<typeof stackChecks>[0], readOnly: boolean): AsyncGenerator<Finding> {
  yield* stackChecks(stack, readOnly);
  yield* cloudsOf(stack, readOnly);
}

/** Each finding as it comes, for a check may take a while. */
async function show(checks: AsyncIterable<Finding>, { json }: Pick<DoctorOptions, 'json'>): Promise<number> {
  const style = stylerFor(process.stdout);
  const findings: Finding[] = [];
  for await (const finding of checks) {
    if (!json) process.stdout.write(findingLines(finding, findings.at(-1), style));
    findings.push(finding);
  }
  process.stdout.write(json ? `${printableJson(findings, 2)}\n` : totals(findings));
  return findings.some(hasFailed) ? FAILED : DONE;
}

/** The clouds of a stack, by the clouds.yaml that its functions have. */
async function* cloudsOf(stack: StackConnection, readOnly: boolean): AsyncGenerator<Finding> {
  const name = stack.output('CloudsYamlSecretName');
  let cloudsYaml: string | undefined;
  yield await new Checks(stack.what).make('secret', async () => {
    cloudsYaml = await secretText(name);
    return cloudsYaml === undefined
      ? skipped(
          `these credentials may not read the secret ${name}, so no cloud is looked at`,
          '`imagedrop doctor --os-cloud NAME` looks at a cloud of your own clouds.yaml.',
        )
      : ok(`${name} holds clouds.yaml`);
  });
  if (cloudsYaml === undefined) return;
  const text = cloudsYaml;
  for (const { name: target, kind } of stack.targets) {
    const checks = new Checks(`${target} (${kind})`);
    try {
      yield* cloudChecks({ cloud: cloudNamed(text, target), kind }, readOnly);
    } catch (error) {
      yield await checks.make('clouds.yaml', () => Promise.reject(error));
    }
  }
}

/** @returns undefined when it may not be read: droppers need not know the cloud's password */
async function secretText(SecretId: string): Promise<string | undefined> {
  const client = new SecretsManagerClient();
  try {
    const { SecretString: text } = await client.send(new GetSecretValueCommand({ SecretId }));
    if (text === undefined) throw new Error(`The secret ${SecretId} holds no text.`);
    return text;
  } catch (error) {
    if ((error as Error).name === 'AccessDeniedException') return undefined;
    throw error;
  } finally {
    client.destroy();
  }
}
