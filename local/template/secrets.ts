import { nameOfArn } from './names.ts';
import type { StackTemplate } from './stack-template.ts';

export interface SecretPlan {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  /** What the template itself puts in; undefined where the value is to come from elsewhere. */
  readonly value: string | undefined;
}

export function readSecrets(template: StackTemplate): SecretPlan[] {
  return template.resources('AWS::SecretsManager::Secret').map(({ logicalId, identity, properties }) => {
    const arn = String(identity.Ref);
    return { logicalId, name: secretName(arn), arn, value: properties.optionalString('SecretString') };
  });
}

/** `arn:aws:secretsmanager:us-east-1:000000000000:secret:name-a1b2c3` without what Secrets Manager adds to the name. */
export function secretName(arn: string): string {
  return nameOfArn(arn)
    .replace(/^secret:/, '')
    .replace(/-[A-Za-z0-9]{6}$/, '');
}
