import { ImageDropError } from '../../lambda/model/errors.ts';

/** Why a request of the page is not done. It goes to the page as it is, so it holds no secret. */
export class UiError extends Error {
  override readonly name = 'UiError';
  /** HTTP status. */
  readonly status: number;
  readonly code: string;
  /** What the user can do. */
  readonly nextStep: string | undefined;

  constructor(status: number, code: string, message: string, options: ErrorOptions & { nextStep?: string } = {}) {
    super(message, options);
    this.status = status;
    this.code = code;
    this.nextStep = options.nextStep;
  }
}

/** Errors of the SDK that a person fixes by logging in again. */
const CREDENTIALS = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
]);
const DENIED = new Set(['AccessDenied', 'AccessDeniedException', 'Forbidden']);

/** Any error, in the form that the page gets. */
export function asUiError(error: unknown): UiError {
  if (error instanceof UiError) return error;
  if (error instanceof ImageDropError) {
    return new UiError(502, error.code, error.message, { cause: error, nextStep: error.nextStep });
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (CREDENTIALS.has(name)) {
    const nextStep = 'Renew the AWS credentials (for instance `aws sso login`); the page continues automatically.';
    return new UiError(502, 'credentials', `AWS does not take the credentials: ${message}`, { cause: error, nextStep });
  }
  if (DENIED.has(name)) {
    const nextStep = 'Ask for the rights that docs/ui.md lists.';
    return new UiError(502, 'forbidden', `AWS does not allow this: ${message}`, { cause: error, nextStep });
  }
  if (name === 'NoSuchUpload') {
    return new UiError(409, 'no-such-upload', 'This upload has ended or was given up.', { cause: error });
  }
  return new UiError(502, 'stack-unavailable', `The stack did not do this: ${message || name}`, {
    cause: error,
    nextStep: 'Check that the stack still runs and can be reached, then try again.',
  });
}
