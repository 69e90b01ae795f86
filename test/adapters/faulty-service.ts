import { request as forward, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { serve } from '../support/http-server.ts';

/** What happens to one request: it is refused with a status, or its answer is lost after it took effect. */
export type ServiceFault = number | 'lose-answer';

export interface FaultyService {
  readonly endpoint: string;
  /** What was asked, in order: "PUT", "GET". */
  readonly methods: readonly string[];
  /** What happens to the next requests of this method, one each. */
  next(method: string, ...faults: ServiceFault[]): void;
  /** Done before the next request of this method is passed on. */
  beforeNext(method: string, act: () => Promise<unknown>): void;
}

/** Stands in front of a service until the test is over, and lets requests go wrong. */
export async function faultyService(endpoint: string): Promise<FaultyService> {
  const methods: string[] = [];
  const faults = new Map<string, ServiceFault[]>();
  const acts = new Map<string, () => Promise<unknown>>();
  const url = await serve(async (request, response) => {
    const { method = '' } = request;
    methods.push(method);
    const body = await buffer(request);
    const act = acts.get(method);
    acts.delete(method);
    await act?.();
    const fault = faults.get(method)?.shift();
    if (typeof fault === 'number') return void response.writeHead(fault).end();
    await passOn(endpoint, request, body, (answer) => {
      if (fault === 'lose-answer') answer.resume().once('end', () => response.destroy());
      else answer.pipe(response.writeHead(answer.statusCode ?? 0, answer.headers));
    });
  });
  return {
    endpoint: url,
    methods,
    next: (method, ...next) => void faults.set(method, next),
    beforeNext: (method, act) => void acts.set(method, act),
  };
}

/** With its headers unchanged: they are signed. */
function passOn(
  endpoint: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  onAnswer: (answer: IncomingMessage) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const passed = forward(new URL(url ?? '/', endpoint), { method, headers, agent: false }, (answer) => {
      onAnswer(answer);
      resolve();
    });
    passed.on('error', reject).end(body);
  });
}
