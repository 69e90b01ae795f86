/** A rule of an application credential, in Keystone's own form (Identity API v3, "Access rules"). */
export interface AccessRule {
  readonly service: 'image';
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `*` is one part of a path. Where the Image API is served below a prefix, the prefix comes first. */
  readonly path: string;
}

const rule = (method: AccessRule['method'], path: string): AccessRule => ({ service: 'image', method, path });

/** Every call at a Glance: an application credential with these access rules can do what is needed, and no more. */
export const ACCESS_RULES: readonly AccessRule[] = [
  rule('POST', '/v2/images'),
  rule('GET', '/v2/images/*'),
  rule('DELETE', '/v2/images/*'),
  rule('PUT', '/v2/images/*/file'),
  // For visibility and protection, which an image gets after its verification.
  rule('PATCH', '/v2/images/*'),
  // For the route import.
  rule('POST', '/v2/images/*/import'),
  // For reconcile, which looks for images that no record names, and for the newest image.
  rule('GET', '/v2/images'),
];

/** What need not be answered. Without the questions the service itself refuses what it does not take, later. */
export const OPTIONAL_ACCESS_RULES: readonly AccessRule[] = [
  rule('GET', '/v2/schemas/image'),
  rule('GET', '/v2/info/import'),
  rule('GET', '/v2/info/usage'),
  rule('GET', '/v2/images/*/tasks'),
  // For shared_with alone.
  rule('POST', '/v2/images/*/members'),
];
