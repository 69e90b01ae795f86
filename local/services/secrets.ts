import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Access } from '../access/access.ts';
import { secretArn } from '../template/names.ts';
import { type SecretPlan, secretName } from '../template/secrets.ts';
import { AwsFault, parseInput, requireAccess } from './aws-fault.ts';
import type { AwsAnswer, AwsRequest, AwsService } from './gate.ts';

const TARGET_PREFIX = 'secretsmanager.';

interface Secret {
  readonly name: string;
  readonly arn: string;
  readonly value: string | undefined;
}

/** Secrets Manager: reads only. Secrets are those of the template and those handed in. */
export class SecretsService implements AwsService {
  readonly signingName = 'secretsmanager';
  readonly #secrets: readonly Secret[];
  readonly #access: Access;

  /** @param values by name or ARN of the secret, or by its logical id in the template */
  constructor(planned: readonly SecretPlan[], values: Readonly<Record<string, string>>, access: Access) {
    this.#access = access;
    const fromTemplate = planned.map(({ logicalId, name, arn, value }) => ({
      name,
      arn,
      value: values[name] ?? values[arn] ?? values[logicalId] ?? value,
    }));
    const known = new Set(planned.flatMap(({ logicalId, name, arn }) => [logicalId, name, arn]));
    const others = Object.entries(values).filter(([key]) => !known.has(key));
    this.#secrets = [...fromTemplate, ...others.map(([key, value]) => handedIn(key, value))];
  }

  recognizes(headers: IncomingHttpHeaders): boolean {
    return String(headers['x-amz-target'] ?? '').startsWith(TARGET_PREFIX);
  }

  async answer({ principal, headers, body }: AwsRequest): Promise<AwsAnswer> {
    const action = String(headers['x-amz-target']).slice(TARGET_PREFIX.length);
    const { SecretId: id = '' } = parseInput(body) as { SecretId?: string };
    const secret = this.#secrets.find((it) => isNamedBy(it, id));
    requireAccess(
      this.#access,
      principal,
      `secretsmanager:${action}`,
      secret?.arn ?? (id.startsWith('arn:') ? id : secretArn(id)),
    );
    if (action !== 'GetSecretValue') throw new AwsFault('InvalidAction', `${action} is not known here.`);
    if (secret?.value === undefined) {
      throw new AwsFault('ResourceNotFound', `Secrets Manager can't find the specified secret: ${id}`);
    }
    return answer(200, {
      ARN: secret.arn,
      Name: secret.name,
      SecretString: secret.value,
      VersionId: versionOf(secret.value),
      VersionStages: ['AWSCURRENT'],
    });
  }

  fault({ code, message, status }: AwsFault): AwsAnswer {
    return answer(status, { __type: `${code}Exception`, message });
  }
}

function handedIn(key: string, value: string): Secret {
  return key.startsWith('arn:')
    ? { name: secretName(key), arn: key, value }
    : { name: key, arn: secretArn(key), value };
}

/** By name, by ARN, or by the ARN without the letters that Secrets Manager puts at its end. */
function isNamedBy({ name, arn }: Secret, id: string): boolean {
  return id === name || id === arn || id === arn.replace(/-[A-Za-z0-9]{6}$/, '');
}

/** Another value is another version, as with PutSecretValue. */
function versionOf(value: string): string {
  return createHash('sha256').update(value).digest('hex').slice(0, 32);
}

function answer(status: number, value: object): AwsAnswer {
  return { status, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(value) };
}
