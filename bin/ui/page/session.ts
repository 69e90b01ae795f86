/** An answer of the server that says why not. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly nextStep: string | undefined;

  constructor(status: number, error: { code: string; message: string; nextStep?: string | undefined }) {
    super(error.message);
    this.status = status;
    this.code = error.code;
    this.nextStep = error.nextStep;
  }
}

/** Kept by origin, that is with the port: no other server of this machine sees it. */
const KEY = 'imagedrop-key';
const KEY_HEADER = 'x-imagedrop-key';

/** Exchanges the token behind the # for a session, and takes it out of the address. */
export async function beginSession(): Promise<void> {
  const [, token] = /^#token=([\w-]+)$/.exec(location.hash) ?? [];
  if (token === undefined) return;
  history.replaceState(null, '', '#/');
  const { key } = await api<{ key: string }>('POST', '/api/session', { token });
  localStorage.setItem(KEY, key);
}

export function keyHeaders(): Record<string, string> {
  return { [KEY_HEADER]: localStorage.getItem(KEY) ?? '' };
}

/** @throws ApiError */
export async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetchFrom(path, {
    method,
    headers: { ...keyHeaders(), ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return response.json();
}

/** @throws ApiError */
export async function fetchFrom(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, init).catch((cause) => {
    if (init.signal?.aborted) throw cause;
    throw new ApiError(0, {
      code: 'no-server',
      message: 'The server of this page does not answer.',
      nextStep: 'Run `imagedrop ui` again and open the address that it prints.',
    });
  });
  if (!response.ok) throw new ApiError(response.status, await errorIn(response));
  return response;
}

async function errorIn(response: Response): Promise<{ code: string; message: string; nextStep?: string }> {
  const fallback = { code: 'no-answer', message: `The server answered ${response.status}.` };
  const body = await response.json().catch(() => undefined);
  return body?.error ?? fallback;
}
