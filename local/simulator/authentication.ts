import { timingSafeEqual } from 'node:crypto';
import { type Accounts, type ApplicationCredential, DOMAIN, idOf, means, type User } from './accounts.ts';
import type { Caller, ImageContext } from './flavour.ts';
import { type Call, Fault, isObject, type JsonObject } from './http.ts';
import type { Member, StoredImage } from './image.ts';
import type { Token, Tokens } from './keystone.ts';

type Grant = Parameters<Tokens['issue']>[0];

/** Keystone's answer to every failed authentication, so that callers do not learn which part was wrong. */
export function unauthorized(): Fault {
  return new Fault(401, 'The request you have made requires authentication.');
}

/**
 * Reads the body of POST /v3/auth/tokens and settles whom it authenticates, with which roles where.
 * @throws Fault 400 when the body is not of the form, 401 when the credentials or the scope are not good
 */
export function authenticate(body: unknown, accounts: Accounts, tokens: Tokens): Grant {
  const auth = part(body, 'auth');
  const identity = part(auth, 'identity');
  const [method] = Array.isArray(identity.methods) ? identity.methods : [];
  switch (method) {
    case 'password':
      return scoped(passwordUser(part(part(identity, 'password'), 'user'), accounts), auth, accounts, 'password');
    case 'token':
      return rescoped(tokens.find(String(part(identity, 'token').id)), auth, accounts);
    case 'application_credential':
      return credentialGrant(part(identity, 'application_credential'), auth, accounts);
    default:
      throw unauthorized();
  }
}

function part(of: unknown, name: string): JsonObject {
  const value = isObject(of) ? of[name] : undefined;
  if (!isObject(value)) throw new Fault(400, `Invalid input for field '${name}': it is a required object.`);
  return value;
}

function passwordUser(reference: JsonObject, accounts: Accounts): User {
  const user = findUser(reference, accounts);
  if (user === undefined || !same(reference.password, user.password)) throw unauthorized();
  return user;
}

function findUser(reference: JsonObject, accounts: Accounts): User | undefined {
  if (reference.id === undefined && !inDomain(reference)) return undefined;
  return accounts.users.find(({ name }) => means(reference, idOf('user', name), name));
}

/** A name says something only within its domain. */
function inDomain(reference: JsonObject): boolean {
  return isObject(reference.domain) && means(reference.domain, DOMAIN.id, DOMAIN.name);
}

function scoped(user: User, auth: JsonObject, accounts: Accounts, method: string): Grant {
  const scope = isObject(auth.scope) && auth.scope.unscoped === undefined ? auth.scope : undefined;
  if (scope === undefined) return { methods: [method], user: user.name, roles: [] };
  const reference = isObject(scope.project) ? scope.project : {};
  const project = accounts.projects.find((name) => means(reference, idOf('project', name), name));
  const roles = user.roles[project ?? ''];
  if (project === undefined || roles === undefined) throw unauthorized();
  if (reference.id === undefined && !inDomain(reference)) throw unauthorized();
  return { methods: [method], user: user.name, project, roles };
}

function rescoped(token: Token | undefined, auth: JsonObject, accounts: Accounts): Grant {
  const user = accounts.users.find(({ name }) => name === token?.user);
  if (token === undefined || user === undefined) throw unauthorized();
  return { ...scoped(user, auth, accounts, 'token'), expiresAt: token.expiresAt };
}

function credentialGrant(reference: JsonObject, auth: JsonObject, accounts: Accounts): Grant {
  const credential = findCredential(reference, accounts);
  const user = accounts.users.find(({ name }) => name === credential?.user);
  const roles = user?.roles[credential?.project ?? ''];
  // The scope is the credential's own: asking for one is an error (Identity API v3, "Application Credentials").
  if (credential === undefined || user === undefined || roles === undefined || auth.scope !== undefined) {
    throw unauthorized();
  }
  if (!same(reference.secret, credential.secret)) throw unauthorized();
  return { methods: ['application_credential'], user: user.name, project: credential.project, roles };
}

function findCredential(reference: JsonObject, accounts: Accounts): ApplicationCredential | undefined {
  const { applicationCredentials } = accounts;
  if (reference.id !== undefined) {
    return applicationCredentials.find(({ name }) => idOf('credential', name) === reference.id);
  }
  const owner = isObject(reference.user) ? findUser(reference.user, accounts) : undefined;
  return applicationCredentials.find(({ name, user }) => name === reference.name && user === owner?.name);
}

function same(given: unknown, secret: string): boolean {
  if (typeof given !== 'string') return false;
  const [left, right] = [Buffer.from(given), Buffer.from(secret)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * Who makes this request. Asked once, when the request begins: a token that expires later does no harm to it.
 * @throws Fault 401 without a valid token, 403 with one that is valid for no project
 */
export function callerOf(context: ImageContext, call: Call): Caller {
  const token = context.tokens.find(call.header('x-auth-token'));
  if (token === undefined) throw new Fault(401, 'The request you have made requires authentication.');
  if (token.project === undefined) throw new Fault(403, 'The token is not scoped to a project.');
  const isAdmin = token.roles.includes('admin');
  return { userId: idOf('user', token.user), projectId: idOf('project', token.project), isAdmin };
}

function maySee(caller: Caller, image: StoredImage): boolean {
  const isForAll = image.owner === null || image.visibility === 'public' || image.visibility === 'community';
  return isForAll || mayChange(caller, image) || membership(caller, image) !== undefined;
}

/** The membership by which the caller's project may see an image of another one. */
export function membership({ projectId }: Caller, { visibility, members = [] }: StoredImage): Member | undefined {
  return visibility === 'shared' ? members.find(({ id }) => id === projectId) : undefined;
}

/** @throws Fault 404 when it is unknown, deleted or another project's own */
export function visibleImage(context: ImageContext, call: Call): StoredImage {
  const caller = callerOf(context, call);
  const { id = '' } = call.params;
  const image = context.store.find(id);
  if (image === undefined || image.status === 'deleted' || !maySee(caller, image)) {
    throw new Fault(404, `No image found with ID ${id}`);
  }
  return image;
}

/** @throws Fault 404 as visibleImage, 403 when the caller may only look at it */
export function ownImage(context: ImageContext, call: Call): StoredImage {
  const image = visibleImage(context, call);
  if (!mayChange(callerOf(context, call), image)) {
    throw new Fault(403, 'You are not permitted to modify this image.');
  }
  return image;
}

export function mayChange(caller: Caller, image: StoredImage): boolean {
  return caller.isAdmin || image.owner === caller.projectId;
}
