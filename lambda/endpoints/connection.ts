import { ImageDropError } from '../model/errors.ts';
import { isSuccess, refusal, type ServiceCodes } from './answers.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from './endpoint.ts';
import type { Session } from './keystone.ts';
import { withoutSecret } from './words.ts';

/** What an endpoint talks through. */
export interface Connection {
  readonly http: HttpClient;
  readonly session: Session;
  readonly now: () => Date;
}

/**
 * Sends one request with a token, and once more with another when the first is refused.
 * @throws `token-refused` when the other is refused, too
 */
export async function callWithToken(
  request: HttpRequest,
  connection: Connection,
  codes: ServiceCodes,
): Promise<HttpAnswer> {
  const { session } = connection;
  const token = await session.token();
  const answer = await send(request, token, connection);
  if (isSuccess(answer) || refusal(answer, '', codes).code !== 'unauthorized') return answer;
  const again = await send(request, await session.renew(token), connection);
  if (again.status === 401) throw tokenRefused(again, session.cloud, codes);
  return again;
}

async function send(request: HttpRequest, token: string, { http }: Connection): Promise<HttpAnswer> {
  const content = request.body === undefined ? {} : { 'content-type': 'application/json' };
  const headers = { 'x-auth-token': token, accept: 'application/json', ...content, ...request.headers };
  const answer = await http({ ...request, headers });
  return isSuccess(answer) ? answer : { ...answer, text: withoutSecret(answer.text, token) };
}

/** Keystone has just taken the credentials: what is wrong lies between it and the image service, and may pass. */
function tokenRefused(answer: HttpAnswer, cloud: string, codes: ServiceCodes): ImageDropError {
  const cause = refusal(answer, `A token that was just given by cloud ${cloud}`, codes);
  return new ImageDropError('token-refused', `The image service of ${cloud} takes no token: ${cause.message}`, {
    cause,
  });
}
