import { excerpt, quoted } from './quoted.ts';

type TypeName = 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';

/** The part of JSON Schema (draft-07) that is understood here: a schema that asks for more does not compile. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly type?: TypeName | readonly TypeName[];
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly items?: JsonSchema;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: false | JsonSchema;
  /** Its `description` says in an error what a name must be. */
  readonly propertyNames?: JsonSchema;
  readonly maxProperties?: number;
  readonly not?: JsonSchema;
}

export type Path = readonly (string | number)[];

/** The first thing in a value that its schema does not allow. */
export interface Problem {
  readonly path: Path;
  /** Whether the name at the end of the path is wrong, or the value that it stands for. */
  readonly about: 'name' | 'value';
  /** What it must be: "a whole number from 0 to 5". */
  readonly wanted: string;
  readonly value: unknown;
}

/** Looks at a value from outside in. @returns undefined when the schema allows it */
export function problemIn(value: unknown, schema: JsonSchema, path: Path = []): Problem | undefined {
  if (!isAllowedByItself(value, schema)) return { path, about: 'value', wanted: wantedBy(schema, value), value };
  if (Array.isArray(value)) return problemInList(value, schema, path);
  return isMapping(value) ? problemInMapping(value, schema, path) : undefined;
}

/** "must be true or false, but is 3"; after the place of it. */
export function problemWords({ about, wanted, value }: Problem): string {
  return about === 'name'
    ? `is not a name that can stand here: use ${wanted}`
    : `must be ${wanted}, but is ${shown(value)}`;
}

/** As an error shows it: `properties.os_distro`, `tags[2]`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const name = excerpt(part);
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

function problemInList(list: readonly unknown[], { items }: JsonSchema, path: Path): Problem | undefined {
  if (items === undefined) return undefined;
  return first(list.entries(), ([index, item]) => problemIn(item, items, [...path, index]));
}

function problemInMapping(mapping: object, schema: JsonSchema, path: Path): Problem | undefined {
  return first(Object.entries(mapping), ([name, value]) => {
    const of = schemaOfName(schema, name);
    if (of === undefined) {
      return { path: [...path, name], about: 'name', wanted: Object.keys(schema.properties ?? {}).join(', '), value };
    }
    const { propertyNames } = schema;
    if (propertyNames !== undefined && !isAllowedByItself(name, propertyNames)) {
      return { path: [...path, name], about: 'name', wanted: propertyNames.description ?? 'another name', value };
    }
    return problemIn(value, of, [...path, name]);
  });
}

/** @returns undefined when nothing of this name may stand there */
export function schemaOfName({ properties = {}, additionalProperties = {} }: JsonSchema, name: string) {
  if (Object.hasOwn(properties, name)) return properties[name];
  return additionalProperties === false ? undefined : additionalProperties;
}

/** Without what it consists of. */
function isAllowedByItself(value: unknown, schema: JsonSchema): boolean {
  const { type, enum: allowed, not } = schema;
  if (type !== undefined && ![type].flat().some((one) => isOfType(value, one))) return false;
  if (allowed?.includes(value) === false) return false;
  if (not !== undefined && isAllowedByItself(value, not)) return false;
  if (typeof value === 'number') return isNumberAllowed(value, schema);
  if (typeof value === 'string') return isTextAllowed(value, schema);
  if (Array.isArray(value)) return isListAllowed(value, schema);
  return !isMapping(value) || Object.keys(value).length <= (schema.maxProperties ?? Infinity);
}

function isOfType(value: unknown, type: TypeName): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isMapping(value);
    default:
      return typeof value === type;
  }
}

const isMapping = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNumberAllowed = (value: number, { minimum = -Infinity, maximum = Infinity }: JsonSchema): boolean =>
  value >= minimum && value <= maximum;

/** JSON Schema counts characters, not the units of UTF-16, and reads patterns with the flag u. */
function isTextAllowed(value: string, { minLength = 0, maxLength = Infinity, pattern }: JsonSchema): boolean {
  const characters = Array.from(value).length;
  if (characters < minLength || characters > maxLength) return false;
  return pattern === undefined || new RegExp(pattern, 'u').test(value);
}

function isListAllowed(list: readonly unknown[], { maxItems = Infinity, uniqueItems }: JsonSchema): boolean {
  return list.length <= maxItems && !(uniqueItems && new Set(list).size < list.length);
}

/** In words; of a list or a mapping only what is missing in this one. */
function wantedBy(schema: JsonSchema, value: unknown): string {
  const { type, enum: allowed, minimum, maximum } = schema;
  if (allowed !== undefined) return `one of ${allowed.join(', ')}`;
  switch (type) {
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `a whole number from ${minimum} to ${maximum}`;
    case 'array':
      return Array.isArray(value) ? `a list of at most ${schema.maxItems}, none of them twice` : 'a list of texts';
    case 'object':
      return isMapping(value) ? `at most ${schema.maxProperties} names with values` : 'a mapping of names to values';
    default:
      return wantedText(schema, value);
  }
}

function wantedText({ title, minLength = 0, maxLength }: JsonSchema, value: unknown): string {
  if (title !== undefined) return title;
  const length = `text of ${minLength} to ${maxLength} characters in one line, without control characters`;
  return typeof value === 'number' || typeof value === 'boolean' ? `${length} (put it in quotes)` : length;
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return isMapping(value) ? 'a mapping' : quoted(value);
}

function first<T, R>(items: Iterable<T>, look: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
