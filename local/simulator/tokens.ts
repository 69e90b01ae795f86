import { randomBytes } from 'node:crypto';

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
