import { type Answer, type Call, Fault } from './http.ts';

export type Handler = (call: Call) => Answer | Promise<Answer>;

export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly handler: Handler;
}

/** @param path such as "/v2/images/:id/file"; a slash at the end of the request's path makes no difference */
export function route(method: string, path: string, handler: Handler): Route {
  return { method, path: pathPattern(path), handler };
}

export function pathPattern(path: string): RegExp {
  const pattern = path.replace(/\/$/, '').replaceAll(/:(\w+)/g, '(?<$1>[^/]+)');
  return new RegExp(`^${pattern}/?$`);
}

/** @throws Fault 404 for an unknown path, 405 for a known one without this method */
export async function dispatch(routes: readonly Route[], call: Call): Promise<Answer> {
  const there = routes.filter(({ path }) => path.test(call.path));
  if (there.length === 0) throw new Fault(404, 'The resource could not be found.');
  const method = call.method === 'HEAD' ? 'GET' : call.method;
  const chosen = there.find((candidate) => candidate.method === method);
  if (chosen === undefined) throw methodNotAllowed(there);
  const params = chosen.path.exec(call.path)?.groups ?? {};
  return chosen.handler({ ...call, params });
}

function methodNotAllowed(routes: readonly Route[]): Fault {
  const allow = routes.map(({ method }) => method).join(', ');
  return new Fault(405, `The method is not allowed for this resource; allowed: ${allow}.`, { headers: { allow } });
}
