import { createHmac } from 'node:crypto';
import type { Principal } from './access.ts';

/** One a day for each service and region; what is beyond is forgotten and derived anew. */
const MAX_KEYS = 16;

const KEYS = new WeakMap<Principal, Map<string, Buffer>>();

/**
 * The key by which a principal signs within a scope (IAM user guide, "Create a signed AWS API request", step 4). It is
 * kept: to derive it takes four times the work of checking a signature by it.
 */
export function signingKeyOf(principal: Principal, scope: string): Buffer {
  const keys = KEYS.get(principal) ?? new Map<string, Buffer>();
  const key = keys.get(scope) ?? derive(principal.secretAccessKey, scope);
  if (keys.size >= MAX_KEYS) keys.clear();
  KEYS.set(principal, keys.set(scope, key));
  return key;
}

function derive(secretAccessKey: string, scope: string): Buffer {
  return scope.split('/').reduce<Buffer>(hmac, Buffer.from(`AWS4${secretAccessKey}`));
}

export function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
