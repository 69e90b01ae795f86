/** Names something in Keystone, in the form its requests take (Identity API v3, "Authentication and token management"). */
export type Reference = IdReference | NameReference;

export interface IdReference {
  readonly id: string;
}

/** A name says something only within its domain. */
export interface NameReference {
  readonly name: string;
  readonly domain: { readonly id: string } | { readonly name: string };
}

export interface PasswordAuth {
  readonly type: 'password';
  readonly user: Reference;
  readonly password: string;
  readonly project: Reference;
}

/** Bound to the project it was made in. */
export interface ApplicationCredentialAuth {
  readonly type: 'v3applicationcredential';
  readonly credential: IdReference | { readonly name: string; readonly user: Reference };
  readonly secret: string;
}

export interface TokenAuth {
  readonly type: 'token';
  readonly token: string;
  readonly project: Reference;
}

export const INTERFACES = ['public', 'internal', 'admin'] as const;

/** One cloud of clouds.yaml (https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html). */
export interface Cloud {
  readonly name: string;
  /** As it stands in the file: with or without /v3. */
  readonly authUrl: string;
  readonly auth: PasswordAuth | ApplicationCredentialAuth | TokenAuth;
  readonly regionName?: string;
  readonly interface: (typeof INTERFACES)[number];
  /** Whether the servers' certificates are checked. */
  readonly verify: boolean;
  /** PEM text of the certificate authorities to trust in place of the usual ones. */
  readonly cacert?: string;
  /** The Image API's address, in place of the catalog's. */
  readonly imageEndpointOverride?: string;
}
