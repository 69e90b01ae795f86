import type { JsonObject } from './http.ts';

export interface PropertySchema {
  readonly type: string | readonly string[];
  readonly readOnly?: true;
  readonly enum?: readonly (string | null)[];
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly items?: PropertySchema;
}

export type Properties = Readonly<Record<string, PropertySchema>>;

const TEXT: PropertySchema = { type: 'string' };
const READ_ONLY_TEXT: PropertySchema = { type: ['null', 'string'], readOnly: true };
const READ_ONLY_COUNT: PropertySchema = { type: ['null', 'integer'], readOnly: true };

const STATUSES = [
  ...['queued', 'saving', 'active', 'killed', 'deleted'],
  ...['uploading', 'importing', 'pending_delete', 'deactivated'],
];

const UUID = '^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$';

/** Every name, tag and key of the database is a VARCHAR(255). */
export const MAX_NAME_LENGTH = 255;

/** The properties of an image that the API itself defines; all others are custom, and strings. */
export function imageProperties(diskFormats: readonly string[]): Properties {
  const containers = ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'];
  return {
    id: { type: 'string', pattern: UUID },
    name: { type: ['null', 'string'], maxLength: MAX_NAME_LENGTH },
    visibility: { type: 'string', enum: ['community', 'public', 'private', 'shared'] },
    protected: { type: 'boolean' },
    os_hidden: { type: 'boolean' },
    owner: { type: ['null', 'string'], maxLength: MAX_NAME_LENGTH },
    container_format: { type: ['null', 'string'], enum: [null, ...containers] },
    disk_format: { type: ['null', 'string'], enum: [null, ...diskFormats] },
    tags: { type: 'array', items: { type: 'string', maxLength: MAX_NAME_LENGTH } },
    min_ram: { type: 'integer' },
    min_disk: { type: 'integer' },
    status: { ...TEXT, readOnly: true, enum: STATUSES },
    checksum: READ_ONLY_TEXT,
    os_hash_algo: READ_ONLY_TEXT,
    os_hash_value: READ_ONLY_TEXT,
    size: READ_ONLY_COUNT,
    virtual_size: READ_ONLY_COUNT,
    created_at: { ...TEXT, readOnly: true },
    updated_at: { ...TEXT, readOnly: true },
    self: { ...TEXT, readOnly: true },
    file: { ...TEXT, readOnly: true },
    schema: { ...TEXT, readOnly: true },
    stores: { ...TEXT, readOnly: true },
    direct_url: { ...TEXT, readOnly: true },
  };
}

const TIMES = { created_at: TEXT, updated_at: TEXT };

const MEMBER: Properties = {
  member_id: TEXT,
  image_id: { type: 'string', pattern: UUID },
  ...TIMES,
  status: { type: 'string', enum: ['pending', 'accepted', 'rejected'] },
  schema: { ...TEXT, readOnly: true },
};

const LISTED_TASK: Properties = {
  id: { type: 'string', pattern: UUID },
  type: { type: 'string', enum: ['import', 'api_image_import'] },
  status: { type: 'string', enum: ['pending', 'processing', 'success', 'failure'] },
  owner: TEXT,
  image_id: TEXT,
  request_id: TEXT,
  user_id: TEXT,
  expires_at: { type: ['null', 'string'] },
  ...TIMES,
  self: { ...TEXT, readOnly: true },
  schema: { ...TEXT, readOnly: true },
};

const OBJECT: PropertySchema = { type: ['null', 'object'] };
const TASK: Properties = { ...LISTED_TASK, input: OBJECT, result: OBJECT, message: TEXT };

/** The documents of GET /v2/schemas/{name}; without members and tasks where the service has none. */
export function schemas(properties: Properties, { sharing }: { sharing: boolean }): ReadonlyMap<string, JsonObject> {
  const image = imageSchema(properties);
  const paging = { first: TEXT, next: TEXT };
  const ends = [
    { rel: 'first', href: '{first}' },
    { rel: 'next', href: '{next}' },
  ];
  const images = collection('images', image, { paging, ends });
  if (!sharing) return new Map(Object.entries({ image, images }));
  const [member, task] = [plain('member', MEMBER), plain('task', TASK)];
  const [members, tasks] = [collection('members', member), collection('tasks', plain('task', LISTED_TASK))];
  return new Map(Object.entries({ image, images, member, members, task, tasks }));
}

function plain(name: string, properties: Properties): JsonObject {
  return { name, properties };
}

function collection(name: string, items: JsonObject, more: { paging?: Properties; ends?: object[] } = {}): JsonObject {
  const { paging = {}, ends = [] } = more;
  return {
    name,
    properties: { [name]: { type: 'array', items }, ...paging, schema: TEXT },
    links: [...ends, { rel: 'describedby', href: '{schema}' }],
  };
}

function imageSchema(properties: Properties): JsonObject {
  return {
    name: 'image',
    properties,
    additionalProperties: TEXT,
    links: [
      { rel: 'self', href: '{self}' },
      { rel: 'enclosure', href: '{file}' },
      { rel: 'describedby', href: '{schema}' },
    ],
  };
}

/** @returns what is wrong with the first value that does not fit, undefined when all do */
export function mismatch(object: JsonObject, properties: Properties): string | undefined {
  for (const [name, value] of Object.entries(object)) {
    const wrong = wrongValue(value, (Object.hasOwn(properties, name) ? properties[name] : undefined) ?? TEXT);
    if (wrong !== undefined) return `Provided object does not match schema 'image': ${wrong} in '${name}'.`;
  }
  return undefined;
}

function wrongValue(value: unknown, schema: PropertySchema): string | undefined {
  const shown = JSON.stringify(value);
  const types = [schema.type].flat();
  if (!types.includes(typeOf(value))) return `${shown} is not of type ${types.join(', ')}`;
  if (schema.enum && !schema.enum.includes(value as string | null)) return `${shown} is not one of ${schema.enum}`;
  if (typeof value === 'string') return wrongText(value, schema);
  if (!Array.isArray(value)) return undefined;
  return value.map((item) => wrongValue(item, schema.items ?? TEXT)).find((wrong) => wrong !== undefined);
}

function wrongText(value: string, { maxLength, pattern }: PropertySchema): string | undefined {
  if (maxLength !== undefined && [...value].length > maxLength) return `'${value}' is too long`;
  if (pattern !== undefined && !new RegExp(pattern).test(value)) return `'${value}' does not match '${pattern}'`;
  return undefined;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}
