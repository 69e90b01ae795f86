import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ImageDropError } from '../model/errors.ts';
import { isName, isRefused } from './aws-errors.ts';

/** A changed secret is taken up within five minutes; until then one read serves all invocations of an environment. */
const KEPT_MS = 300_000;

/** @returns gives the text of a secret, read at most every five minutes */
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
  if (isName(cause, 'AccessDeniedException') || isRefused(cause)) {
    return new ImageDropError('bad-clouds-yaml', `The function may not read the secret ${id}.`, { cause });
  }
  return new ImageDropError('internal', `The secret ${id} could not be read.`, { cause });
}
