import { OpenStackError } from './run-program.ts';

/** A project for which one asks for a token, or the whole system. */
export type Scope = { readonly projectName: string } | 'system';

export interface PasswordUser {
  readonly name: string;
  readonly password: string;
}

/** What every resource of the Identity API has. */
export interface Resource {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** The domain that every Keystone begins with. */
export const DOMAIN = { id: 'default', name: 'Default' } as const;

/** The calls of the Identity API v3 that setting up takes. */
export class IdentityApi {
  readonly #url: string;
  readonly #token: string;

  private constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /**
   * @param url with its version: http://127.0.0.1:5000/v3
   * @throws OpenStackError when Keystone refuses
   */
  static async authenticate(url: string, user: PasswordUser, scope: Scope): Promise<IdentityApi> {
    const identity = { methods: ['password'], password: { user: { ...user, domain: { id: DOMAIN.id } } } };
    const response = await send('POST', `${url}/auth/tokens`, { auth: { identity, scope: scopeOf(scope) } });
    await response.arrayBuffer();
    const token = response.headers.get('x-subject-token');
    if (token === null) throw new OpenStackError(`${url}/auth/tokens answered without a token.`);
    return new IdentityApi(url, token);
  }

  /** The one that all of the fields fit, made now where there is none. */
  async ensure(collection: string, kind: string, fields: Readonly<Record<string, unknown>>): Promise<Resource> {
    return (await this.find(collection, fields)) ?? (await this.create(collection, kind, fields));
  }

  async find(collection: string, fields: Readonly<Record<string, unknown>>): Promise<Resource | undefined> {
    const response = await this.#send('GET', collection);
    const answer = (await response.json()) as Record<string, Resource[]>;
    const entries = Object.entries(fields);
    return answer[collection]?.find((resource) => entries.every(([name, value]) => resource[name] === value));
  }

  /** @param path of the collection; @param kind the key of the document around its members */
  async create(path: string, kind: string, fields: object): Promise<Resource> {
    const response = await this.#send('POST', path, { [kind]: fields });
    return memberOf((await response.json()) as Record<string, unknown>, kind);
  }

  async update(path: string, kind: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
    await (await this.#send('PATCH', path, { [kind]: fields })).arrayBuffer();
  }

  /** Roles are granted by PUT of an address without a body. */
  async put(path: string): Promise<void> {
    await (await this.#send('PUT', path)).arrayBuffer();
  }

  #send(method: string, path: string, body?: object): Promise<Response> {
    return send(method, `${this.#url}/${path}`, body, { 'x-auth-token': this.#token });
  }
}

/** Limits are created by the list, and answered as a list. */
function memberOf(answer: Readonly<Record<string, unknown>>, kind: string): Resource {
  const member = answer[kind];
  return (Array.isArray(member) ? member[0] : member) as Resource;
}

function scopeOf(scope: Scope): object {
  if (scope === 'system') return { system: { all: true } };
  return { project: { name: scope.projectName, domain: { id: DOMAIN.id } } };
}

async function send(method: string, url: string, body?: object, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (response.ok) return response;
  throw new OpenStackError(`${method} ${url} was answered with ${response.status}: ${await response.text()}`);
}
