import { join } from 'node:path';
import { configFile } from './config-file.ts';

export interface KeystoneConfig {
  readonly folder: string;
  /** To its database. */
  readonly connection: string;
  /** How long a token is valid. */
  readonly tokenSeconds: number;
}

/** Least that bcrypt allows: a real one takes a quarter of a second for each password, and these guard nothing. */
const PASSWORD_HASH_ROUNDS = 4;

/** keystone.conf ("Keystone Configuration Options"). */
export function keystoneConfig({ folder, connection, tokenSeconds }: KeystoneConfig): string {
  return configFile({
    DEFAULT: { use_stderr: true },
    database: { connection },
    token: { provider: 'fernet', expiration: tokenSeconds },
    fernet_tokens: { key_repository: keyFolder(folder, 'fernet-keys') },
    fernet_receipts: { key_repository: keyFolder(folder, 'fernet-keys') },
    credential: { key_repository: keyFolder(folder, 'credential-keys') },
    identity: { password_hash_rounds: PASSWORD_HASH_ROUNDS },
  });
}

export const KEY_FOLDERS = ['fernet-keys', 'credential-keys'] as const;

function keyFolder(folder: string, name: (typeof KEY_FOLDERS)[number]): string {
  return join(folder, name);
}
