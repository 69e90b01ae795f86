import { createHash } from 'node:crypto';

/** Who exists in the simulated cloud. Everybody belongs to the one domain. */
export interface Accounts {
  readonly projects: readonly string[];
  readonly users: readonly User[];
  readonly applicationCredentials: readonly ApplicationCredential[];
}

export interface User {
  readonly name: string;
  readonly password: string;
  /** Role names by project name. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
}

export interface ApplicationCredential {
  readonly name: string;
  readonly secret: string;
  /** Name of the user it was made by; it acts with that user's roles in the project. */
  readonly user: string;
  readonly project: string;
}

/** The domain that every Keystone begins with. */
export const DOMAIN = { id: 'default', name: 'Default' } as const;

export const DEFAULT_ACCOUNTS: Accounts = {
  projects: ['imagedrop', 'elsewhere'],
  users: [
    { name: 'uploader', password: 'uploader-password', roles: { imagedrop: ['member', 'reader'] } },
    { name: 'stranger', password: 'stranger-password', roles: { elsewhere: ['member', 'reader'] } },
    { name: 'admin', password: 'admin-password', roles: { imagedrop: ['admin'], elsewhere: ['admin'] } },
  ],
  applicationCredentials: [{ name: 'robot', secret: 'robot-secret', user: 'uploader', project: 'imagedrop' }],
};

/** The id of a project, user, role or credential: made of its kind and name, so that it is the same after a restart. */
export function idOf(kind: 'project' | 'user' | 'role' | 'credential' | 'service' | 'endpoint', name: string): string {
  return createHash('sha256').update(`${kind} ${name}`).digest('hex').slice(0, 32);
}

/** Whether a reference in a request, by id or by name, means this one. */
export function means(reference: { id?: unknown; name?: unknown }, id: string, name: string): boolean {
  return reference.id === undefined ? reference.name === name : reference.id === id;
}
