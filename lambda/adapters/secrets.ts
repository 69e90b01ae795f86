import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ImageDropError } from '../model/errors.ts';
import { awsUnavailable, isName } from './aws-errors.ts';

/** A changed secret is used within five minutes; until then one read serves all invocations of an environment. */
const KEPT_MS = 300_000;

export interface Secret {
  /** The text, at most five minutes old. */
  (): Promise<string>;
  /** The text as it is now. */
  again(): Promise<string>;
  /** Names the text that was read last. */
  version(): string;
}

/**
 * Gives the text of a secret, read at most every five minutes; one that could not be read is asked for again.
 * Fails with `bad-clouds-yaml` where there is no such secret, no right to read it or no text in it, else with
 * `aws-unavailable`.
 */
export function cachedSecret(client: SecretsManagerClient, id: string, now: () => Date): Secret {
  let kept: { readonly text: Promise<string>; readonly until: number } | undefined;
  let version = '';
  const again = (): Promise<string> => {
    const text = read(client, id).then((value) => {
      version = value.version;
      return value.text;
    });
    kept = { text, until: now().getTime() + KEPT_MS };
    text.catch(() => {
      kept = undefined;
    });
    return text;
  };
  const cached = () => (kept !== undefined && now().getTime() < kept.until ? kept.text : again());
  return Object.assign(cached, { again, version: () => version });
}

interface SecretValue {
  readonly text: string;
  readonly version: string;
}

async function read(client: SecretsManagerClient, id: string): Promise<SecretValue> {
  try {
    const answer = await client.send(new GetSecretValueCommand({ SecretId: id }));
    const { SecretString: text, VersionId: version = '' } = answer;
    if (text !== undefined) return { text, version };
  } catch (cause) {
    throw unreadable(id, cause);
  }
  throw new ImageDropError('bad-clouds-yaml', `The secret ${id} holds no text; put the clouds.yaml into it as text.`);
}

function unreadable(id: string, cause: unknown): ImageDropError {
  if (isName(cause, 'ResourceNotFoundException')) {
    return new ImageDropError('bad-clouds-yaml', `There is no secret ${id}; it must hold the clouds.yaml.`, { cause });
  }
  if (isName(cause, 'AccessDeniedException')) {
    return new ImageDropError('bad-clouds-yaml', `The function may not read the secret ${id}.`, { cause });
  }
  return awsUnavailable(`The secret ${id} could not be read`, cause);
}
