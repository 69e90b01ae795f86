import type { FaultyRequest } from '../../local/contributing/faults/fault.ts';
import type { Subjects } from './subjects.ts';

export const SERVICES = ['s3', 'gate', 'cloud', 'staging'] as const;
export type Service = (typeof SERVICES)[number];

/** What a request asks for, and of which drop; undefined for what is not known (yet). */
export interface Operation {
  /** "put record", "get object", "upload image"… */
  readonly name: string;
  readonly subject: string | undefined;
  /** An object of the drop bucket that is asked for by its key alone: the newest version, or a metadata file. */
  readonly object?: string | undefined;
}

export interface Buckets {
  readonly drops: string;
  readonly records: string;
  readonly work: string;
}

export function operationOf(service: Service, request: FaultyRequest, subjects: Subjects, buckets: Buckets): Operation {
  if (service === 's3') return s3Operation(request, subjects, buckets);
  if (service === 'staging') return stagingOperation(request, subjects);
  return service === 'gate' ? gateOperation(request, subjects) : cloudOperation(request, subjects);
}

function s3Operation({ method, url, body }: FaultyRequest, subjects: Subjects, buckets: Buckets): Operation {
  const [path = '', query = ''] = url.split(/\?(.*)/s);
  const [, bucket, ...rest] = path.split('/').map(decoded);
  const key = rest.join('/');
  if (bucket === buckets.records) {
    if (method === 'PUT') learnImage(key, body, subjects);
    return { name: `${method.toLowerCase()} record`, subject: subjects.ofRecord(key) };
  }
  if (bucket === buckets.work) return workOperation(method, key, subjects);
  const parameters = new URLSearchParams(query);
  const what = parameters.has('tagging') ? 'tags' : 'object';
  const subject = subjects.ofVersion(parameters.get('versionId') ?? '');
  const newest = bucket === buckets.drops ? subjects.ofKey(key) : undefined;
  const object = bucket === buckets.drops ? key : undefined;
  return { name: `${method.toLowerCase()} ${what}`, subject: subject ?? newest, object };
}

/** A disk that is unpacked, or the document that says how far that is. */
function workOperation(method: string, key: string, subjects: Subjects): Operation {
  const what = key.endsWith('.json') ? 'unpacking' : 'disk';
  return { name: `${method.toLowerCase()} ${what}`, subject: subjects.ofWork(key) };
}

/** Copies are called `imagedrop/<id of the image>.<ending>`. */
function stagingOperation({ method, url }: FaultyRequest, subjects: Subjects): Operation {
  const [, id = ''] = /\/imagedrop\/([^./?]+)/.exec(decoded(url)) ?? [];
  return { name: `${method.toLowerCase()} copy`, subject: subjects.ofImage(id) };
}

/** Where the endpoint chooses the ids of images, the record is the first that says which is whose. */
function learnImage(key: string, body: Buffer | undefined, subjects: Subjects): void {
  const id = (parsed(body) as { image?: { id?: string } } | undefined)?.image?.id;
  if (id !== undefined) subjects.learnImage(id, key);
}

function gateOperation({ headers, body }: FaultyRequest, subjects: Subjects): Operation {
  const action =
    String(headers['x-amz-target'] ?? '')
      .split('.')
      .at(-1) ?? '';
  if (action === 'SendMessage') return { name: 'send message', subject: subjects.ofRecord(recordIn(parsed(body))) };
  if (action === 'ChangeMessageVisibility') return { name: 'hold message', subject: undefined };
  if (action === 'GetSecretValue') return { name: 'get secret', subject: undefined };
  const message = new URLSearchParams(body?.toString()).get('Message');
  const { drop } = (parsed(message) ?? {}) as { drop?: { id?: string } };
  return { name: 'publish outcome', subject: subjects.ofVersion(drop?.id ?? '') };
}

function recordIn(input: unknown): string {
  const { MessageBody } = (input ?? {}) as { MessageBody?: string };
  return (parsed(MessageBody) as { record?: string } | undefined)?.record ?? '';
}

const CLOUD: readonly (readonly [RegExp, string])[] = [
  [/^POST .*\/auth\/tokens$/, 'authenticate'],
  [/^POST .*\/v2\/images$/, 'create image'],
  [/^GET .*\/v2\/images$/, 'list images'],
  [/^PUT .*\/file$/, 'upload image'],
  [/^POST .*\/import$/, 'import image'],
  [/^GET .*\/v2\/images\/[^/]+$/, 'show image'],
  [/^DELETE .*\/v2\/images\/[^/]+$/, 'delete image'],
  [/^PATCH .*\/v2\/images\/[^/]+$/, 'release image'],
  [/^PUT .*\/upload$/, 'register image'],
  [/^POST .*\/quickimport\/action$/, 'register image'],
  [/^GET .*\/jobs\/[^/]+$/, 'show job'],
];

function cloudOperation({ method, url, body }: FaultyRequest, subjects: Subjects): Operation {
  const [path = '', query] = url.split('?');
  const name = CLOUD.find(([pattern]) => pattern.test(`${method} ${path}`))?.[1] ?? 'ask cloud';
  const [, inPath] = /\/v2\/images\/([^/]+)/.exec(path) ?? [];
  const inQuery = new URLSearchParams(query).get('imagedrop_id');
  const inBody = (parsed(body) as { imagedrop_id?: string } | undefined)?.imagedrop_id;
  return { name, subject: subjects.ofImage(inPath ?? inQuery ?? inBody ?? '') };
}

function parsed(text: Buffer | string | null | undefined): unknown {
  try {
    return JSON.parse(String(text ?? ''));
  } catch {
    return undefined;
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
