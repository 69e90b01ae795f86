import type { Access, Principal } from '../access/access.ts';
import { ACCOUNT_ID } from '../template/names.ts';

/** A request that a service refuses; each service words it in its own protocol. */
export class AwsFault extends Error {
  override readonly name = 'AwsFault';
  /** AWS's name of the error, without "Exception": `AccessDenied`, `InvalidParameterValue`. */
  readonly code: string;
  /** HTTP. */
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** @throws AwsFault `AccessDenied`, in the words of AWS, when the role does not grant it */
export function requireAccess(access: Access, principal: Principal, action: string, resourceArn: string): void {
  if (access.allows(principal, action, resourceArn)) return;
  throw new AwsFault(
    'AccessDenied',
    `User: arn:aws:sts::${ACCOUNT_ID}:assumed-role/${principal.name}/local is not authorized to perform: ${action} ` +
      `on resource: ${resourceArn} because no identity-based policy allows the ${action} action`,
  );
}

/** @throws AwsFault when the body of a request is not a JSON object */
export function parseInput(body: string): object {
  try {
    const input: unknown = JSON.parse(body);
    if (typeof input === 'object' && input !== null) return input;
  } catch {
    // What follows says the same of both.
  }
  throw new AwsFault('Serialization', 'The body of the request is not a JSON object.');
}
