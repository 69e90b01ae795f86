import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { cloudNamed } from '../../lambda/clouds/clouds-yaml.ts';
import type { StackConnection } from '../stack/connection.ts';
import { cloudChecks } from './cloud-checks.ts';
import { Checks, type Finding, ok, skipped } from './finding.ts';

/** The clouds of a stack, by the clouds.yaml that its functions have. */
export async function* cloudsOf(stack: StackConnection, readOnly: boolean): AsyncGenerator<Finding> {
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
export async function secretText(SecretId: string): Promise<string | undefined> {
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
