import { Fault, type JsonObject } from './http.ts';
import type { NewImage } from './image.ts';
import { MAX_NAME_LENGTH, mismatch, type Properties } from './schema.ts';

/** Properties that only the service may set. */
const RESERVED = ['location', 'locations', 'deleted', 'deleted_at'];
const RESERVED_NAMESPACE = 'os_glance';

/** @throws Fault 403 for a property that only the service may set */
export function checkWritable(name: string, properties: Properties): void {
  if (Object.hasOwn(properties, name) && properties[name]?.readOnly) {
    throw new Fault(403, `Attribute '${name}' is read-only.`);
  }
  if (RESERVED.includes(name) || name.startsWith(RESERVED_NAMESPACE)) {
    throw new Fault(403, `Attribute '${name}' is reserved.`);
  }
}

/** The body of POST /v2/images, as both services read it. */
export function checkNewImage(body: JsonObject, properties: Properties): NewImage {
  for (const name of Object.keys(body)) checkWritable(name, properties);
  const wrong = mismatch(body, properties) ?? keyTooLong(body) ?? negative(body);
  if (wrong !== undefined) throw new Fault(400, wrong);
  const text = (name: string) => (typeof body[name] === 'string' ? body[name] : null);
  const count = (name: string) => (typeof body[name] === 'number' ? body[name] : 0);
  const id = text('id');
  return {
    ...(id === null ? {} : { id: id.toLowerCase() }),
    name: text('name'),
    diskFormat: text('disk_format'),
    containerFormat: text('container_format'),
    visibility: text('visibility') ?? 'shared',
    protected: body.protected === true,
    hidden: body.os_hidden === true,
    minDisk: count('min_disk'),
    minRam: count('min_ram'),
    tags: tagsOf(body.tags),
    properties: customProperties(body, properties),
  };
}

export function tagsOf(value: unknown): string[] {
  return Array.isArray(value) ? [...new Set(value.map(String))] : [];
}

function keyTooLong(body: JsonObject): string | undefined {
  const tooLong = Object.keys(body).some((key) => [...key].length > MAX_NAME_LENGTH);
  return tooLong ? `Custom property should not be greater than ${MAX_NAME_LENGTH} characters.` : undefined;
}

function negative(body: JsonObject): string | undefined {
  const name = ['min_disk', 'min_ram'].find((key) => typeof body[key] === 'number' && body[key] < 0);
  return name && `Invalid value '${body[name]}' for parameter '${name}': Cannot be a negative value`;
}

function customProperties(body: JsonObject, properties: Properties): Record<string, string> {
  const custom = Object.entries(body).filter(([name]) => !Object.hasOwn(properties, name));
  return Object.fromEntries(custom.map(([name, value]) => [name, String(value)]));
}
