import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { LoginAttempts } from '../clouds/http.ts';
import { asImageDropError, ImageDropError } from '../model/errors.ts';
import { awsUnavailable, isLostRace, isNoSuchKey } from './aws-errors.ts';

/** Whether the credentials of a target are good, as far as the functions know. */
interface LoginState {
  readonly target: string;
  /** The version of the secret that has these credentials. */
  readonly version: string;
  readonly outcome: 'trying' | 'accepted' | 'refused' | 'unknown';
  /** ISO 8601, UTC. */
  readonly at: string;
  /** How long this counts. */
  readonly until: string;
  /** How often the cloud has refused them in succession. */
  readonly refusals: number;
  /** The cloud's message, when it refused them. */
  readonly message?: string;
}

/** Functions that start within this time of a login use the same credentials without waiting for each other. */
const ACCEPTED_MS = 600_000;

/** An authentication takes 40 s at most: 10 s to connect and 30 s for the answer. */
const TRYING_MS = 45_000;

/**
 * The pause after the first refusal; each further one is four times as long. Keystone locks a user out after a number of
 * failures, often five, and forgets them after half an hour or so. New credentials are tried at once.
 */
const FIRST_REFUSED_MS = 60_000;
const LONGEST_REFUSED_MS = 3_600_000;

/** How long a function waits for another's login, and how often it looks: most logins take less than a second. */
const PATIENCE_MS = 10_000;
const LOOK_MS = 250;

export interface LoginOptions {
  readonly now: () => Date;
  /** Of the secret that was read last. */
  readonly version: () => string;
  /** @default PATIENCE_MS, LOOK_MS */
  readonly patience?: { readonly ms: number; readonly lookMs: number };
}

interface Stored {
  readonly state: LoginState | undefined;
  readonly etag: string | undefined;
}

/**
 * `logins/<target>.json` in the status bucket: lets one function at a time try credentials that have not been accepted
 * lately, and none those that were refused lately. Many functions start together with the same wrong password.
 */
export function s3Logins(client: S3Client, bucket: string, options: LoginOptions): LoginAttempts {
  const { now, version, patience = { ms: PATIENCE_MS, lookMs: LOOK_MS } } = options;

  const newState = (target: string, outcome: LoginState['outcome'], ms: number, refusals = 0): LoginState => {
    const at = now();
    const until = new Date(at.getTime() + ms).toISOString();
    return { target, version: version(), outcome, at: at.toISOString(), until, refusals };
  };

  async function trying<T>(target: string, { state, etag }: Stored, work: () => Promise<T>): Promise<T> {
    const result = await noting(target, { state, etag }, work);
    await store(client, bucket, newState(target, 'accepted', ACCEPTED_MS), etag);
    return result;
  }

  async function noting<T>(target: string, { state, etag }: Stored, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await store(client, bucket, afterFailure(target, state, asImageDropError(error)), etag);
      throw error;
    }
  }

  function afterFailure(target: string, before: LoginState | undefined, error: ImageDropError): LoginState {
    const earlier = before?.version === version() ? before.refusals : 0;
    // The cloud was away, or the like: that says nothing of the credentials.
    if (error.code !== 'unauthorized') return newState(target, 'unknown', 0, earlier);
    const ms = Math.min(FIRST_REFUSED_MS * 4 ** earlier, LONGEST_REFUSED_MS);
    return { ...newState(target, 'refused', ms, earlier + 1), message: error.message };
  }

  /** @returns whether the credentials may be used now, must be tried first, or are being tried */
  function judge(found: Stored, provenSince: string): 'use' | 'try' | 'wait' {
    const state = inForce(found.state, now());
    if (state?.outcome === 'trying') return 'wait';
    if (state?.version !== version()) return 'try';
    if (state.outcome === 'refused') throw refusedLately(state);
    return state.outcome === 'accepted' && state.at >= provenSince ? 'use' : 'try';
  }

  return async (target, isDoubtful, work) => {
    const provenSince = isDoubtful ? now().toISOString() : '';
    for (let waitedMs = 0; waitedMs < patience.ms; waitedMs += patience.lookMs) {
      const found = await load(client, bucket, target);
      const verdict = judge(found, provenSince);
      if (verdict === 'use') return noting(target, found, work);
      if (verdict === 'try') {
        const etag = await store(client, bucket, newState(target, 'trying', TRYING_MS), found.etag);
        if (etag !== undefined) return trying(target, { state: found.state, etag }, work);
      }
      await sleep(patience.lookMs);
    }
    const message = `Another function has been logging in at ${target} for ${patience.ms / 1000} s.`;
    throw new ImageDropError('endpoint-busy', message);
  };
}

function inForce(state: LoginState | undefined, now: Date): LoginState | undefined {
  return state !== undefined && state.until > now.toISOString() ? state : undefined;
}

function refusedLately({ message = '', until }: LoginState): ImageDropError {
  const rule = `These credentials are not tried again before ${until}, so that the cloud does not lock the user out.`;
  return new ImageDropError('unauthorized', `${message} ${rule}`, { wholeTarget: true });
}

const keyOf = (target: string): string => `logins/${target}.json`;

async function load(client: S3Client, bucket: string, target: string): Promise<Stored> {
  try {
    const { Body: body, ETag: etag } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: keyOf(target) }));
    return { state: parsed((await body?.transformToString()) ?? ''), etag };
  } catch (error) {
    if (isNoSuchKey(error)) return { state: undefined, etag: undefined };
    throw awsUnavailable(`What is known of the login at ${target} could not be read from S3`, error);
  }
}

/** What a person has broken counts as nothing: the next login overwrites it. */
function parsed(text: string): LoginState | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @returns the etag; undefined when another function was faster */
async function store(
  client: S3Client,
  bucket: string,
  state: LoginState,
  replaces: string | undefined,
): Promise<string | undefined> {
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: keyOf(state.target),
    Body: `${JSON.stringify(state, undefined, 2)}\n`,
    ContentType: 'application/json',
    ...(replaces === undefined ? { IfNoneMatch: '*' } : { IfMatch: replaces }),
  });
  try {
    return (await client.send(command)).ETag ?? '';
  } catch (error) {
    if (isLostRace(error) || isNoSuchKey(error)) return undefined;
    throw awsUnavailable(`What is known of the login at ${state.target} could not be written to S3`, error);
  }
}
