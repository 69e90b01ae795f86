import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ImageDropError } from '../model/errors.ts';
import { awsUnavailable, isName } from './aws-errors.ts';

/** A changed secret is taken up within five minutes; until then one read serves all invocations of an environment. */
const KEPT_MS = 300_000;

/**
 * Gives the text of a secret, read at most every five minutes; one that could not be read is asked for again.
 * Fails with `bad-clouds-yaml` where there is no such secret, no right to read it or no text in it, else with
 * `aws-unavailable`.
 */
export function cachedSecret(client: SecretsManagerClient, id: string, now: () => Date): () => Promise<string> {
  let kept: { readonly text: Promise<string>; readonly until: number } | undefined;
  return () => {
    if (kept !== undefined && now().getTime() < kept.until) return kept.text;
    const text = read(client, id);
    kept = { text, until: now().getTime() + KEPT_MS };
    text.catch(() => {
      kept = undefined;
    });
    return text;
  };
}

async function read(client: SecretsManagerClient, id: string): Promise<string> {
  try {
    const { SecretString: text } = await client.send(new GetSecretValueCommand({ SecretId: id }));
    if (text !== undefined) return text;
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
