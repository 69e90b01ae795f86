import type { Cloud } from './cloud.ts';

/** The body of POST /v3/auth/tokens (Identity API v3, "Authentication and token management"). */
export function identityRequest(auth: Cloud['auth']): object {
  switch (auth.type) {
    case 'password':
      return scoped({ methods: ['password'], password: { user: { ...auth.user, password: auth.password } } }, auth);
    case 'token':
      return scoped({ methods: ['token'], token: { id: auth.token } }, auth);
    case 'v3applicationcredential':
      // Bound to its project: a scope beside it is an error.
      return {
        auth: {
          identity: {
            methods: ['application_credential'],
            application_credential: { ...auth.credential, secret: auth.secret },
          },
        },
      };
  }
}

function scoped(identity: object, { project }: { readonly project: object }): object {
  return { auth: { identity, scope: { project } } };
}
