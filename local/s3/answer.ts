import type { OutgoingHttpHeaders } from 'node:http';
import { S3Error } from './errors.ts';
import type { S3Request } from './request.ts';
import type { StoredBytes } from './stored-bytes.ts';
import { type XmlContent, xmlDocument, xmlErrorDocument } from './xml.ts';

/** What a request is answered with. */
export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: string | StoredBytes;
}

export function xmlAnswer(root: string, content: XmlContent, headers: OutgoingHttpHeaders = {}): Answer {
  return withXml(200, headers, xmlDocument(root, content));
}

export function emptyAnswer(status: number, headers: OutgoingHttpHeaders = {}): Answer {
  return { status, headers };
}

/** An answer to HEAD and a 304 have no body, so that the code of an error is lost there, as with S3. */
export function errorAnswer(thrown: unknown, request: Pick<S3Request, 'id' | 'method' | 'target'>): Answer {
  const { code, status, message, elements, headers } = asS3Error(thrown);
  if (request.method === 'HEAD' || status === 304) return { status, headers };
  const content = { Code: code, Message: message, ...elements, Resource: request.target.path, RequestId: request.id };
  return withXml(status, headers, xmlErrorDocument(content));
}

function withXml(status: number, headers: OutgoingHttpHeaders, body: string): Answer {
  return {
    status,
    headers: { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body), ...headers },
    body,
  };
}

/** S3 hides what went wrong inside; here the developer should see it. */
function asS3Error(thrown: unknown): S3Error {
  if (thrown instanceof S3Error) return thrown;
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new S3Error('InternalError', { message: `We encountered an internal error. ${message}` });
}
