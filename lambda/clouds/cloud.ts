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
export type Interface = (typeof INTERFACES)[number];

/** How the servers of a cloud are known to be the right ones, and we to them. */
export interface CloudTls {
  /** Whether the servers' certificates are checked. */
  readonly verify: boolean;
  /** PEM text of the certificate authorities to trust in place of the usual ones. */
  readonly cacert?: string;
  /** PEM text of our own certificate, for servers that ask for one, and of its private key. */
  readonly cert?: string;
  readonly key?: string;
}

/** Which of a catalog's addresses is that of the Image API. */
export interface ImageService {
  readonly type: string;
  /** Undefined: whatever its name is. */
  readonly name?: string;
  readonly regionName?: string;
  /** The first of them that the catalog has. */
  readonly interfaces: readonly [Interface, ...Interface[]];
}

/** One cloud of clouds.yaml (https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html). */
export interface Cloud extends CloudTls {
  readonly name: string;
  /** As it is in the file: with or without /v3. */
  readonly authUrl: string;
  readonly auth: PasswordAuth | ApplicationCredentialAuth | TokenAuth;
  readonly imageService: ImageService;
  /** The Image API's address, in place of the catalog's. */
  readonly imageEndpointOverride?: string;
  /** Keys for the vendor's own object storage (OBS), which speaks the API of S3. */
  readonly objectStorage?: ObjectStorageKeys;
}

export interface ObjectStorageKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}
