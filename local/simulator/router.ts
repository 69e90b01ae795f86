import { type Answer, type Call, Fault } from './http.ts';

export type Handler = (call: Call) => Answer | Promise<Answer>;

export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly handler: Handler;
}

/** @param path such as "/v2/images/:id/file"; with a slash at its end, the request's path may have one or not */
export function route(method: string, path: string, handler: Handler): Route {
  return { method, path: pathPattern(path), handler };
}

export function pathPattern(path: string): RegExp {
  const pattern = path.replace(/\/$/, '/?').replaceAll(/:(\w+)/g, '(?<$1>[^/]+)');
  return new RegExp(`^${pattern}$`);
}

/** @throws Fault 404 for an unknown path, 405 for a known one without this method */
export async function dispatch(routes: readonly Route[], call: Call): Promise<Answer> {
  const there = routes.filter(({ path }) => path.test(call.path));
  if (there.length === 0) throw new Fault(404, 'The resource could not be found.');
  const chosen = there.find(({ method }) => method === call.method);
  if (chosen === undefined) throw methodNotAllowed(there);
  const params = chosen.path.exec(call.path)?.groups ?? {};
  return chosen.handler({ ...call, params });
}

function methodNotAllowed(routes: readonly Route[]): Fault {
  const allow = routes.map(({ method }) => method).join(', ');
  return new Fault(405, `The method is not allowed for this resource; allowed: ${allow}.`, { headers: { allow } });
}
