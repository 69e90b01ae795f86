import { randomBytes } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { type Accounts, DOMAIN, idOf } from './accounts.ts';
import { authenticate, unauthorized } from './authentication.ts';
import { type Answer, type Call, Fault, json, readJson, type Service } from './http.ts';
import { dispatch, route } from './router.ts';

/** Keystone's Identity API v3, as much of it as a client of other services needs. */
export class Keystone implements Service {
  readonly basePath = '/identity';
  readonly #accounts: Accounts;
  readonly #tokens: Tokens;
  readonly #urls: () => ServiceUrls;
  readonly #routes = [
    route('GET', '/', (call) => json(300, { versions: { values: [version(call)] } })),
    route('GET', '/v3/', (call) => json(200, { version: version(call) })),
    route('POST', '/v3/auth/tokens/', (call) => this.#issue(call)),
    route('GET', '/v3/auth/tokens/', (call) => this.#validate(call)),
    route('HEAD', '/v3/auth/tokens/', (call) => this.#validate(call)),
    route('DELETE', '/v3/auth/tokens/', (call) => this.#revoke(call)),
  ];

  /** @param urls asked for with each token: the port is known only once the server listens */
  constructor(accounts: Accounts, tokens: Tokens, urls: () => ServiceUrls) {
    this.#accounts = accounts;
    this.#tokens = tokens;
    this.#urls = urls;
  }

  handle(call: Call): Promise<Answer> {
    return dispatch(this.#routes, call);
  }

  refuse(fault: Fault, call: Call): Answer {
    const challenge = fault.status === 401 ? { 'www-authenticate': `Keystone uri="${call.serviceUrl}"` } : {};
    const error = { code: fault.status, message: fault.message, title: STATUS_CODES[fault.status] };
    return json(fault.status, { error }, { ...fault.headers, ...challenge });
  }

  async #issue(call: Call): Promise<Answer> {
    const grant = authenticate(await readJson(call), this.#accounts, this.#tokens);
    return this.#show(201, this.#tokens.issue(grant), call);
  }

  #validate(call: Call): Answer {
    return this.#show(200, this.#subject(call), call);
  }

  #revoke(call: Call): Answer {
    this.#tokens.revoke(this.#subject(call).id);
    return { status: 204 };
  }

  #subject(call: Call): Token {
    if (this.#tokens.find(call.header('x-auth-token')) === undefined) throw unauthorized();
    const subject = this.#tokens.find(call.header('x-subject-token'));
    if (subject === undefined) throw new Fault(404, 'Could not find token.');
    return subject;
  }

  #show(status: number, token: Token, call: Call): Answer {
    const withCatalog = token.project !== undefined && !call.query.has('nocatalog');
    const shown = { ...tokenBody(token), ...(withCatalog ? { catalog: catalog(this.#urls()) } : {}) };
    return json(status, { token: shown }, { 'x-subject-token': token.id, vary: 'X-Auth-Token' });
  }
}

function version(call: Call) {
  return {
    id: 'v3.14',
    status: 'stable',
    updated: '2020-04-07T00:00:00Z',
    links: [{ rel: 'self', href: `${call.serviceUrl}/v3/` }],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
  };
}

function tokenBody(token: Token) {
  const scope = token.project === undefined ? {} : scopeBody(token.project, token.roles);
  return {
    methods: token.methods,
    user: { id: idOf('user', token.user), name: token.user, domain: DOMAIN, password_expires_at: null },
    ...scope,
    issued_at: microseconds(token.issuedAt),
    expires_at: microseconds(token.expiresAt),
  };
}

function scopeBody(project: string, roles: readonly string[]) {
  return {
    project: { id: idOf('project', project), name: project, domain: DOMAIN },
    is_domain: false,
    roles: roles.map((name) => ({ id: idOf('role', name), name })),
  };
}

/** Keystone writes times with six digits of a second. */
function microseconds(time: Date): string {
  return time.toISOString().replace('Z', '000Z');
}

/** The region of the services as every OpenStack installation guide names it. */
export const GLANCE_REGION = 'RegionOne';
/** The region in which the image service is IMS. */
export const IMS_REGION = 'ims-1';

/** Absolute URLs of the services. */
export interface ServiceUrls {
  readonly identity: string;
  readonly glance: string;
  readonly ims: string;
}

/** The catalog of a token (Identity API v3, "Password authentication with scoped authorization"). */
export function catalog(urls: ServiceUrls) {
  const identity = [GLANCE_REGION, IMS_REGION].flatMap((region) => endpoints('identity', region, urls.identity));
  const image = [...endpoints('image', GLANCE_REGION, urls.glance), ...endpoints('image', IMS_REGION, urls.ims)];
  return [
    { id: idOf('service', 'identity'), type: 'identity', name: 'keystone', endpoints: identity },
    { id: idOf('service', 'image'), type: 'image', name: 'glance', endpoints: image },
  ];
}

function endpoints(service: string, region: string, url: string) {
  return ['public', 'internal', 'admin'].map((face) => ({
    id: idOf('endpoint', `${service} ${region} ${face}`),
    interface: face,
    region,
    region_id: region,
    url,
  }));
}

/** What a token says; Keystone calls this the token's body. */
export interface Token {
  readonly id: string;
  readonly methods: readonly string[];
  readonly user: string;
  /** Absent on an unscoped token. */
  readonly project?: string;
  readonly roles: readonly string[];
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** The tokens in force. They are held in memory alone: after a restart every client has to authenticate again. */
export class Tokens {
  readonly #clock: () => Date;
  readonly #lifetimeMs: number;
  readonly #tokens = new Map<string, Token>();

  constructor(clock: () => Date, lifetimeSeconds: number) {
    this.#clock = clock;
    this.#lifetimeMs = lifetimeSeconds * 1000;
  }

  /** @param grant expiresAt is given where the token comes from another one, which it must not outlive */
  issue(grant: Omit<Token, 'id' | 'issuedAt' | 'expiresAt'> & { expiresAt?: Date }): Token {
    const issuedAt = this.#clock();
    const expiresAt = new Date(issuedAt.getTime() + this.#lifetimeMs);
    const token = { expiresAt, ...grant, issuedAt, id: `gAAAAA${randomBytes(48).toString('base64url')}` };
    this.#tokens.set(token.id, token);
    return token;
  }

  /** @returns undefined for a token that is unknown, revoked or expired */
  find(id: string | undefined): Token | undefined {
    const token = this.#tokens.get(id ?? '');
    return token !== undefined && token.expiresAt > this.#clock() ? token : undefined;
  }

  revoke(id: string): void {
    this.#tokens.delete(id);
  }
}
