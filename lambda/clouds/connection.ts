import { ImageDropError } from '../model/errors.ts';
import { isSuccess, locationOf, refusal, type ServiceCodes, withoutSecret } from './answers.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from './http.ts';
import type { Session } from './keystone.ts';

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
  if (!isTokenRefused(answer, codes)) return answer;
  const again = await send(request, await session.renew(token), connection);
  if (isTokenRefused(again, codes)) throw tokenRefused(again, session.cloud, codes);
  return again;
}

/** Some services answer a bad token with another status than 401, and a code of their own. */
const isTokenRefused = (answer: HttpAnswer, codes: ServiceCodes): boolean =>
  !isSuccess(answer) && refusal(answer, '', codes).code === 'unauthorized';

async function send(request: HttpRequest, token: string, { http }: Connection): Promise<HttpAnswer> {
  const content = request.body === undefined ? {} : { 'content-type': 'application/json' };
  const headers = { 'x-auth-token': token, accept: 'application/json', ...content, ...request.headers };
  const answer = await following({ ...request, headers }, http);
  return isSuccess(answer) ? answer : { ...answer, text: withoutSecret(answer.text, token) };
}

/** Load balancers and path rewrites make one or two; more are a loop. */
const MAX_REDIRECTS = 5;

/** Follows redirects of what only reads, to the same origin: no other server gets to see the token. */
async function following(request: HttpRequest, http: HttpClient): Promise<HttpAnswer> {
  let { url } = request;
  let answer = await http(request);
  for (let followed = 0; followed < MAX_REDIRECTS; followed += 1) {
    const next = URL.parse(locationOf(answer) ?? '', url);
    if (request.method !== 'GET' || locationOf(answer) === undefined) break;
    if (next?.origin !== new URL(url).origin) break;
    url = `${next.origin}${next.pathname}${next.search}`;
    answer = await http({ ...request, url });
  }
  return answer;
}

/** Keystone has just accepted the credentials: the problem is between it and the image service, and may be temporary. */
function tokenRefused(answer: HttpAnswer, cloud: string, codes: ServiceCodes): ImageDropError {
  const cause = refusal(answer, `A token that was just given by cloud ${cloud}`, codes);
  return new ImageDropError('token-refused', `The image service of ${cloud} takes no token: ${cause.message}`, {
    cause,
  });
}
