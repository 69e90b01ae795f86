import type { HttpClient, HttpRequest } from '../clouds/http.ts';
import type { EndpointAnswer } from '../model/metrics.ts';

export interface HttpObserver {
  /** The target that is talked to. */
  readonly target: string;
  /** Told of each answer, and of each request that had none. */
  readonly count: (answer: EndpointAnswer) => void;
  readonly debug: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Milliseconds; only differences count. @default performance.now */
  readonly clock?: () => number;
}

/** A client whose answers are counted, timed and, at the level DEBUG, logged: without queries, headers and bodies. */
export function measuredHttp(client: HttpClient, observer: HttpObserver): HttpClient {
  const { target, count, debug, clock = () => performance.now() } = observer;
  return async (request) => {
    const beganAt = clock();
    const observe = (status: number | undefined): void => {
      const call = request.call ?? 'discover';
      const answer = { target, call, status, milliseconds: clock() - beganAt };
      count(answer);
      debug('endpoint call', { ...answer, method: request.method, path: pathOf(request) });
    };
    try {
      const answer = await client(request);
      observe(answer.status);
      return answer;
    } catch (error) {
      // A request that we have ended ourselves says nothing of the endpoint.
      if (!request.signal?.aborted) observe(undefined);
      throw error;
    }
  };
}

/** An address may have a password or a signature in it, but not in its path. */
const pathOf = ({ url }: HttpRequest): string | undefined => URL.parse(url)?.pathname;
