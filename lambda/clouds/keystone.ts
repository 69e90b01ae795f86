import { ImageDropError } from '../model/errors.ts';
import { isObject, parseObject } from '../model/json.ts';
import { refusal, withoutSecret } from './answers.ts';
import { imageApiV2, imageUrlIn } from './catalog.ts';
import type { Cloud } from './cloud.ts';
import type { HttpAnswer, HttpClient, LoginAttempts } from './http.ts';

/** Who we are at one cloud. */
export interface Session {
  /** The cloud's name, for messages. */
  readonly cloud: string;
  /**
   * A token that is valid for some seconds more, or one so new that another would hardly be valid longer.
   * @throws `unauthorized` when the cloud refuses the credentials
   */
  token(lifeSeconds?: number): Promise<string>;
  /** Another token in place of one that a service has refused. */
  renew(refused: string): Promise<string>;
  /**
   * The address of the Image API, with its version: `https://image.example/v2`.
   * @throws `bad-clouds-yaml` when the catalog has none
   */
  imageUrl(): Promise<string>;
  /** @throws `bad-clouds-yaml` when the token is bound to no project */
  projectId(): Promise<string>;
}

interface Token {
  readonly id: string;
  /** Milliseconds, by our own clock. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly catalog: unknown;
  readonly projectId: string | undefined;
}

/** Longer than any call but the upload takes, on top of the time it may lie in a server's queue. */
const LIFE_SECONDS = 120;

/** With so much of its life before it, a token is as good as a new one: clouds with short tokens are not asked for ever. */
const AS_GOOD_AS_NEW = 0.9;

/** What a session knows of its credentials. */
export interface Credentials {
  /** The cloud by a clouds.yaml that is read again. @default the credentials stay as they are */
  readonly latest?: () => Promise<Cloud>;
  /** @default credentials are tried at any time */
  readonly attempt?: LoginAttempts;
}

/** A session by Keystone v3, or a service with the same API. Authenticates when first asked. */
export function keystoneSession(
  cloud: Cloud,
  http: HttpClient,
  now: () => Date,
  credentials: Credentials = {},
): Session {
  return new KeystoneSession(cloud, http, now, credentials);
}

class KeystoneSession implements Session {
  readonly cloud: string;
  readonly #http: HttpClient;
  readonly #now: () => Date;
  readonly #latest: () => Promise<Cloud>;
  readonly #attempt: LoginAttempts;
  #settings: Cloud;
  #isDoubtful = false;
  #current: Token | undefined;
  #coming: Promise<Token> | undefined;

  constructor(cloud: Cloud, http: HttpClient, now: () => Date, { latest, attempt }: Credentials) {
    this.cloud = cloud.name;
    this.#latest = latest ?? (async () => this.#settings);
    this.#attempt = attempt ?? ((_target, _isDoubtful, work) => work());
    this.#settings = cloud;
    this.#http = http;
    this.#now = now;
  }

  async token(lifeSeconds = LIFE_SECONDS): Promise<string> {
    return (await this.#living(lifeSeconds)).id;
  }

  async renew(refused: string): Promise<string> {
    if (this.#current?.id === refused) {
      this.#current = undefined;
      this.#isDoubtful = true;
    }
    return this.token();
  }

  async imageUrl(): Promise<string> {
    const { imageEndpointOverride } = this.#settings;
    if (imageEndpointOverride !== undefined) return imageApiV2(imageEndpointOverride);
    const { catalog, projectId } = await this.#living(0);
    return imageUrlIn(catalog, this.#settings, projectId);
  }

  async projectId(): Promise<string> {
    const { projectId } = await this.#living(0);
    if (projectId !== undefined) return projectId;
    throw new ImageDropError('bad-clouds-yaml', `The token of cloud ${this.cloud} is bound to no project.`);
  }

  /** Callers that come while an authentication is under way share it. */
  async #living(lifeSeconds: number): Promise<Token> {
    if (this.#current !== undefined && this.#lives(this.#current, lifeSeconds)) return this.#current;
    this.#coming ??= this.#login().finally(() => {
      this.#coming = undefined;
    });
    return this.#coming;
  }

  #lives({ issuedAt, expiresAt }: Token, lifeSeconds: number): boolean {
    const enough = Math.min(lifeSeconds * 1000, (expiresAt - issuedAt) * AS_GOOD_AS_NEW);
    return expiresAt - this.#now().getTime() > enough;
  }

  /** Most clouds end the tokens of a user whose password is changed: the secret is read again before it is used again. */
  async #login(): Promise<Token> {
    if (this.#isDoubtful) this.#settings = await this.#latest();
    const used = this.#settings;
    try {
      return await this.#tryCredentials();
    } catch (error) {
      if (!(error instanceof ImageDropError) || error.code !== 'unauthorized') throw error;
      this.#settings = await this.#latest();
      if (haveSameCredentials(used, this.#settings)) throw error;
      return await this.#tryCredentials();
    }
  }

  async #tryCredentials(): Promise<Token> {
    const token = await this.#attempt(this.cloud, this.#isDoubtful, () => this.#authenticate());
    this.#isDoubtful = false;
    this.#current = token;
    return token;
  }

  async #authenticate(): Promise<Token> {
    const { authUrl, auth, name } = this.#settings;
    const askedAt = this.#now().getTime();
    const answer = await this.#http({
      method: 'POST',
      call: 'authenticate',
      url: `${identityV3(authUrl)}/auth/tokens`,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(identityRequest(auth)),
    });
    if (answer.status !== 201) {
      const text = withoutSecret(answer.text, secretOf(auth));
      throw refusal({ ...answer, text }, `Authenticating at cloud ${name} by ${auth.type}`);
    }
    const token = tokenIn(answer, askedAt);
    if (token === undefined) throw notKeystone(this.#settings);
    return token;
  }
}

function haveSameCredentials(one: Cloud, other: Cloud): boolean {
  return JSON.stringify([one.authUrl, one.auth]) === JSON.stringify([other.authUrl, other.auth]);
}

function secretOf(auth: Cloud['auth']): string {
  switch (auth.type) {
    case 'password':
      return auth.password;
    case 'token':
      return auth.token;
    case 'v3applicationcredential':
      return auth.secret;
  }
}

/** auth_url is written with the version, without it, and with the one before. */
function identityV3(authUrl: string): string {
  return `${authUrl.replace(/\/+$/, '').replace(/\/v\d+(\.\d+)?$/, '')}/v3`;
}

/** The life of the token is measured by Keystone's own clock and counted on ours from before we asked. */
function tokenIn(answer: HttpAnswer, askedAt: number): Token | undefined {
  const id = answer.headers['x-subject-token'];
  const token = parseObject(answer.text)?.token;
  if (!id || !isObject(token)) return undefined;
  const life = Date.parse(String(token.expires_at)) - Date.parse(String(token.issued_at));
  if (!Number.isFinite(life)) return undefined;
  const project = isObject(token.project) ? token.project.id : undefined;
  return {
    id,
    issuedAt: askedAt,
    expiresAt: askedAt + life,
    catalog: token.catalog,
    projectId: typeof project === 'string' ? project : undefined,
  };
}

function notKeystone({ name, authUrl }: Cloud): ImageDropError {
  const { host } = new URL(authUrl);
  const message = `What answers for cloud ${name} at ${host} is not a Keystone v3: it gave a token without its id or times.`;
  return new ImageDropError('endpoint-answer', message);
}

/** The body of POST /v3/auth/tokens (Identity API v3, "Authentication and token management"). */
function identityRequest(auth: Cloud['auth']): object {
  switch (auth.type) {
    case 'password':
      return scoped({ methods: ['password'], password: { user: { ...auth.user, password: auth.password } } }, auth);
    case 'token':
      return scoped({ methods: ['token'], token: { id: auth.token } }, auth);
    case 'v3applicationcredential':
      // Bound to its project: a scope beside it is an error.
      return {
        auth: {
          identity: {
            methods: ['application_credential'],
            application_credential: { ...auth.credential, secret: auth.secret },
          },
        },
      };
  }
}

function scoped(identity: object, { project }: { readonly project: object }): object {
  return { auth: { identity, scope: { project } } };
}
