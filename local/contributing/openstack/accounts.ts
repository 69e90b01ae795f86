import { randomBytes } from 'node:crypto';
import { IdentityApi, type PasswordUser } from './identity-api.ts';

/** Who exists in this cloud besides Keystone's own admin. */
export interface Accounts {
  readonly admin: PasswordUser;
  /** As which Glance asks Keystone about tokens and limits. */
  readonly glance: PasswordUser;
  /** A member of the project, as a customer of a cloud is. */
  readonly user: PasswordUser;
  readonly projectName: string;
  readonly projectId: string;
  /** The user's own, for the project. */
  readonly applicationCredential: { readonly id: string; readonly secret: string };
}

export const ADMIN_PROJECT = 'admin';
export const SERVICE_PROJECT = 'service';

const PROJECT = 'imagedrop';

export function randomPassword(): string {
  return randomBytes(16).toString('hex');
}

/** Makes them on a Keystone that has its admin and nothing else. */
export async function makeAccounts(url: string, admin: PasswordUser): Promise<Accounts> {
  const api = await IdentityApi.authenticate(url, admin, { projectName: ADMIN_PROJECT });
  const glance = { name: 'glance', password: randomPassword() };
  const user = { name: 'imagedrop', password: randomPassword() };
  const { userId: glanceId } = await makeUser(api, glance, SERVICE_PROJECT, 'admin');
  // Unified limits are read by a reader of the whole system (Glance, "Quotas", "Configuring Glance").
  await api.put(`system/users/${glanceId}/roles/${await idOfRole(api, 'reader')}`);
  const { userId, projectId } = await makeUser(api, user, PROJECT, 'member');
  const applicationCredential = await makeApplicationCredential(url, user, userId);
  return { admin, glance, user, projectName: PROJECT, projectId, applicationCredential };
}

async function makeUser(api: IdentityApi, user: PasswordUser, projectName: string, role: string) {
  const { id: projectId } = await api.create('projects', 'project', { name: projectName });
  const { id: userId } = await api.create('users', 'user', user);
  await api.put(`projects/${projectId}/users/${userId}/roles/${await idOfRole(api, role)}`);
  return { userId, projectId };
}

/** The roles are there from the beginning. */
async function idOfRole(api: IdentityApi, name: string): Promise<string> {
  return (await api.ensure('roles', 'role', { name })).id;
}

/** Only users themselves can make theirs. */
async function makeApplicationCredential(url: string, user: PasswordUser, userId: string) {
  const api = await IdentityApi.authenticate(url, user, { projectName: PROJECT });
  const secret = randomPassword();
  const path = `users/${userId}/application_credentials`;
  const { id } = await api.create(path, 'application_credential', { name: 'imagedrop', secret });
  return { id, secret };
}
