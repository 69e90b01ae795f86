import { STATUS_CODES } from 'node:http';
import { type Accounts, DOMAIN, idOf } from './accounts.ts';
import { authenticate, unauthorized } from './authentication.ts';
import { catalog, type ServiceUrls } from './catalog.ts';
import { type Answer, type Call, Fault, json, readJson, type Service } from './http.ts';
import { dispatch, route } from './router.ts';
import type { Token, Tokens } from './tokens.ts';

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
