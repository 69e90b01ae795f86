/**
 * Takes the place of @aws-sdk/credential-provider-node in the bundles (lib/bundling/settings.ts). That looks for keys in profiles,
 * in single sign-on, on virtual machines and more, which is a tenth of a bundle and never leads anywhere in a function.
 */
import { readFile } from 'node:fs/promises';

type Variables = Readonly<Record<string, string | undefined>>;

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** An agent beside the function answers at once, or not at all. */
const ANSWER_TIMEOUT_MS = 2000;

/** The name by which the SDK's clients import it; the SDK keeps what it gives until shortly before it ends. */
export function defaultProvider(_settings?: object, variables: Variables = process.env): () => Promise<Credentials> {
  return async () => fromVariables(variables) ?? fromAgent(variables);
}

/** AWS Lambda developer guide, "Defined runtime environment variables". */
function fromVariables(variables: Variables): Credentials | undefined {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = variables;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) return undefined;
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
  };
}

/** AWS SDKs and tools reference guide, "Container credential provider": where functions live longer than their keys. */
async function fromAgent(variables: Variables): Promise<Credentials> {
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI: url } = variables;
  if (!url) throw noCredentials('neither AWS_ACCESS_KEY_ID nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set');
  const headers = { authorization: await agentToken(variables) };
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  if (!answer.ok) throw noCredentials(`the agent for them answers ${answer.status}`);
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = (await answer.json()) as Record<string, string>;
  if (!AccessKeyId || !SecretAccessKey) throw noCredentials('the agent for them gives none');
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(Token && { sessionToken: Token }),
    ...(Expiration && { expiration: new Date(Expiration) }),
  };
}

async function agentToken(variables: Variables): Promise<string> {
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN: token = '', AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file } = variables;
  return file ? (await readFile(file, 'utf8')).trim() : token;
}

/** The SDK's own name for it, by which its clients do not try again. */
function noCredentials(why: string): Error {
  return Object.assign(new Error(`There are no AWS credentials: ${why}.`), { name: 'CredentialsProviderError' });
}
