import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, errorAnswer } from './answer.ts';
import { authenticate } from './authentication.ts';
import {
  authorize,
  bucketArn,
  type Operation,
  objectArn,
  requireOwner,
  type Service,
  type ServiceCall,
} from './call.ts';
import { corsHeaders, preflight } from './cors.ts';
import { S3Error } from './errors.ts';
import { S3Request } from './request.ts';
import { BUCKET_OPERATIONS, OBJECT_OPERATIONS, route, SERVICE_OPERATIONS } from './router.ts';
import { StoredBytes } from './stored-bytes.ts';

/** One request and its answer. Never rejects: what goes wrong ends in the answer, or with the connection. */
export async function exchange(incoming: IncomingMessage, response: ServerResponse, service: Service): Promise<void> {
  // A client that asked with `Expect: 100-continue` sends its content when it hears so. To one that never does, Node
  // answers with `Connection: close`.
  const awaitsContinue = incoming.headers.expect?.toLowerCase() === '100-continue';
  const onBodyWanted = () => {
    if (awaitsContinue) response.writeContinue();
  };
  const answer = await answerTo(incoming, service, onBodyWanted);
  await send(answer, response);
  // An unread body must not precede the next request.
  incoming.resume();
}

async function answerTo(incoming: IncomingMessage, service: Service, onBodyWanted: () => void): Promise<Answer> {
  let request: S3Request;
  try {
    request = new S3Request(incoming, onBodyWanted);
  } catch (error) {
    return errorAnswer(error, unreadable(incoming));
  }
  const identity = { 'x-amz-request-id': request.id, 'x-amz-id-2': request.id, server: 'imagedrop-local-s3' };
  const rules = service.buckets.get(request.bucket)?.settings.cors ?? [];
  const serve = () => (request.method === 'OPTIONS' ? preflight(request, rules) : perform(request, service));
  const answer = await attempt(serve).catch((error) => errorAnswer(error, request));
  return { ...answer, headers: { ...answer.headers, ...corsHeaders(request, rules), ...identity } };
}

/** What is thrown at once, too, becomes a rejection. */
const attempt = async (work: () => Answer | Promise<Answer>): Promise<Answer> => work();

function unreadable(incoming: IncomingMessage) {
  return { id: '', method: incoming.method ?? '', target: { path: incoming.url ?? '', query: [] } };
}

async function send({ status, headers, body }: Answer, response: ServerResponse): Promise<void> {
  try {
    response.writeHead(status, headers);
    if (body instanceof StoredBytes) await body.sendTo(response);
    else response.end(body);
  } catch {
    // The client is gone, or has the headers already and cannot get an error any more: the cut is the answer.
    if (body instanceof StoredBytes) body.close();
    response.destroy();
  }
}

/**
 * All that happens to a request, in its order: who is it, what does it want, may it, do it.
 * @throws S3Error
 */
async function perform(request: S3Request, service: Service): Promise<Answer> {
  const signer = authenticate(request, service.access, service.clock());
  const call = { service, request, signer };
  if (request.bucket === '') return run(route(SERVICE_OPERATIONS, request), call, 'arn:aws:s3:::*');
  const bucket = service.buckets.get(request.bucket);
  if (bucket === undefined) throw new S3Error('NoSuchBucket', { elements: { BucketName: request.bucket } });
  requireOwner(request, 'x-amz-expected-bucket-owner');
  if (request.key === '') return run(route(BUCKET_OPERATIONS, request), { ...call, bucket }, bucketArn(bucket));
  const objectCall = { ...call, bucket, key: request.key };
  return run(route(OBJECT_OPERATIONS, request), objectCall, objectArn(bucket, request.key));
}

async function run<C extends ServiceCall>(operation: Operation<C>, call: C, resourceArn: string): Promise<Answer> {
  for (const action of operation.actions(call.request)) authorize(call, action, resourceArn);
  return operation.run(call);
}
