import type { IncomingHttpHeaders } from 'node:http';
import type { Access } from '../access/access.ts';
import { arn } from '../template/names.ts';
import { type AwsFault, requireAccess } from './aws-fault.ts';
import type { AwsAnswer, AwsRequest, AwsService } from './gate.ts';
import type { QueueEngine } from './queue-engine.ts';

const FORM = 'application/x-www-form-urlencoded';

/** SNS in its query protocol. */
export class SnsService implements AwsService {
  readonly signingName = 'sns';
  readonly #engine: QueueEngine;
  readonly #access: Access;

  constructor(engine: QueueEngine, access: Access) {
    this.#engine = engine;
    this.#access = access;
  }

  recognizes(headers: IncomingHttpHeaders): boolean {
    return String(headers['content-type'] ?? '').startsWith(FORM);
  }

  async answer({ principal, body }: AwsRequest): Promise<AwsAnswer> {
    const parameters = new URLSearchParams(body);
    const action = `sns:${parameters.get('Action')?.replace(/Batch$/, '')}`;
    requireAccess(this.#access, principal, action, topicArn(parameters));
    const answer = await this.#engine.request({ 'content-type': FORM }, body);
    return { status: answer.status, headers: { 'content-type': 'text/xml' }, body: answer.body };
  }

  fault({ code, message, status }: AwsFault): AwsAnswer {
    const denied = code === 'AccessDenied';
    const xml =
      '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>' +
      `<Code>${denied ? 'AuthorizationError' : code}</Code><Message>${escapeXml(message)}</Message></Error>` +
      '</ErrorResponse>';
    return { status: denied ? 403 : status, headers: { 'content-type': 'text/xml' }, body: xml };
  }
}

/** Actions that concern no single topic are granted on all of them; a subscription belongs to its topic. */
function topicArn(parameters: URLSearchParams): string {
  const named = parameters.get('TopicArn') ?? parameters.get('TargetArn') ?? parameters.get('ResourceArn');
  const subscription = parameters.get('SubscriptionArn')?.split(':').slice(0, -1).join(':');
  return named ?? subscription ?? arn('sns', parameters.get('Name') ?? '*');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
