import { callerOf, ownImage } from './authentication.ts';
import type { Caller, ImageContext } from './flavour.ts';
import { type Answer, type Call, Fault, isObject, type JsonObject, json, readJson } from './http.ts';
import type { StoredImage } from './image.ts';
import { checkWritable, tagsOf } from './new-image.ts';
import { MAX_NAME_LENGTH, mismatch, type Properties } from './schema.ts';

/** Draft 4 of JSON patch: the operation is the name of the member that holds the path. */
const OLD_TYPE = 'application/openstack-images-v2.0-json-patch';
/** RFC 6902. */
const NEW_TYPE = 'application/openstack-images-v2.1-json-patch';

const OPERATIONS = ['add', 'remove', 'replace'] as const;
type Operation = (typeof OPERATIONS)[number];

interface Change {
  readonly op: Operation;
  readonly name: string;
  readonly value: unknown;
  /** Whether it must not be there yet, where it is added. */
  readonly isNew: boolean;
}

/** PATCH /v2/images/{id}: JSON patch of whole properties, all changes or none. */
export async function patchImage(context: ImageContext, call: Call): Promise<Answer> {
  const caller = callerOf(context, call);
  const type = call.header('content-type')?.split(';')[0] ?? '';
  if (type !== OLD_TYPE && type !== NEW_TYPE) {
    const headers = { 'accept-patch': `${OLD_TYPE}, ${NEW_TYPE}` };
    throw new Fault(415, `The request media type ${type} is not supported by this server.`, { headers });
  }
  const body = await readJson(call);
  if (!Array.isArray(body)) throw new Fault(400, 'Request body must be a JSON array of operation objects.');
  const changes = body.map((raw) => readChange(raw, type, context.flavour.properties));
  const image = ownImage(context, call);
  const changed = changes.reduce((before, change) => apply(before, change, caller), image);
  context.flavour.admitText(changed);
  const saved = await context.store.change(image.id, image.status, changed);
  if (saved === undefined) throw new Fault(404, `No image found with ID ${image.id}`);
  return json(200, context.flavour.view(saved));
}

function readChange(raw: unknown, type: string, properties: Properties): Change {
  if (!isObject(raw)) throw new Fault(400, 'Operations must be JSON objects.');
  const isNew = type === OLD_TYPE;
  const { op, path } = isNew ? oldOperation(raw) : newOperation(raw);
  const { value } = raw;
  const name = propertyName(path);
  checkWritable(name, properties);
  if (name === 'id') throw new Fault(403, "Attribute 'id' is read-only.");
  if (op === 'remove') return { op, name, value, isNew };
  if (value === undefined) throw new Fault(400, `Operation "${op}" requires a member named "value".`);
  const wrong = mismatch({ [name]: value }, properties);
  if (wrong !== undefined) throw new Fault(400, wrong);
  return { op, name, value, isNew };
}

function newOperation({ op: given, path }: JsonObject): { op: Operation; path: unknown } {
  const op = OPERATIONS.find((known) => known === given);
  if (op !== undefined) return { op, path };
  throw new Fault(400, `Invalid operation: \`${given}\`. It must be one of the following: add, remove, replace.`);
}

function oldOperation(raw: JsonObject): { op: Operation; path: unknown } {
  const [op, ...others] = OPERATIONS.filter((known) => Object.hasOwn(raw, known));
  if (op !== undefined && others.length === 0) return { op, path: raw[op] };
  throw new Fault(400, 'Operation objects must contain exactly one member named "add", "remove", or "replace".');
}

/** A JSON pointer (RFC 6901) of one step. */
function propertyName(path: unknown): string {
  const name = typeof path === 'string' ? /^\/([^/]+)$/.exec(path)?.[1] : undefined;
  if (name === undefined) throw new Fault(400, `Invalid JSON pointer for this resource: '${path}'`);
  if (name.length > MAX_NAME_LENGTH) throw new Fault(400, 'Custom property should not be greater than 255 characters.');
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** The properties of the API's own that can be changed, by the name of our field. */
const BASE: Record<string, keyof StoredImage> = {
  name: 'name',
  visibility: 'visibility',
  protected: 'protected',
  os_hidden: 'hidden',
  min_disk: 'minDisk',
  min_ram: 'minRam',
  tags: 'tags',
  owner: 'owner',
  disk_format: 'diskFormat',
  container_format: 'containerFormat',
};

function apply(image: StoredImage, change: Change, caller: Caller): StoredImage {
  const field = Object.hasOwn(BASE, change.name) ? BASE[change.name] : undefined;
  const isThere = field !== undefined || Object.hasOwn(image.properties, change.name);
  if (change.op === 'add' && change.isNew && isThere) {
    throw new Fault(409, `Property ${change.name} already present.`);
  }
  return field === undefined ? applyCustom(image, change) : applyBase(image, field, change, caller);
}

function applyBase(image: StoredImage, field: keyof StoredImage, change: Change, caller: Caller): StoredImage {
  const { op, name, value } = change;
  if (op === 'remove') throw new Fault(403, `Property ${name} may not be removed.`);
  if (/_format$/.test(name) && image.status !== 'queued') {
    throw new Fault(403, `Attribute ${name} can be only replaced for a queued image.`);
  }
  if (!caller.isAdmin && (name === 'owner' || (name === 'visibility' && value === 'public'))) {
    throw new Fault(403, `You are not authorized to set ${name} to ${value}.`);
  }
  return { ...image, [field]: name === 'tags' ? tagsOf(value) : value };
}

function applyCustom(image: StoredImage, { op, name, value }: Change): StoredImage {
  if (op !== 'add' && !Object.hasOwn(image.properties, name)) {
    throw new Fault(409, `Property ${name} does not exist.`);
  }
  const { [name]: _, ...others } = image.properties;
  return { ...image, properties: op === 'remove' ? others : { ...others, [name]: String(value) } };
}
