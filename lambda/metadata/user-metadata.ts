import { type JsonSchema, pathText, problemIn, problemWords } from '../model/json-schema.ts';
import { layerAt, type MetadataLayer, mergeLayers, metadataOf } from '../model/metadata.ts';
import { METADATA_SCHEMA } from '../model/metadata-schema.ts';
import { excerpt } from '../model/quoted.ts';
import { badMetadata } from './yaml-tree.ts';

const PROPERTY_PREFIX = 'property-';

/** Other tools keep a checksum of their own under the same name. */
const OUR_CHECKSUM = /^sha(256|512):/i;

/** One value of the schema, as one header says it. */
interface MetadataSources {
  readonly header: string;
  /** The path in the schema's own names. */
  readonly name: string;
  readonly property?: string;
  readonly value: unknown;
}

/**
 * Reads the object's own user metadata, without `x-amz-meta-`: `min-disk` is the schema's `min_disk`, `property-NAME` is
 * NAME of its `properties`. Names that are not ours are left alone: clients put their own beside them (rclone's mtime,
 * s3cmd's attrs).
 * @throws `bad-metadata` naming the header
 */
export function userLayer(userMetadata: Readonly<Record<string, string>>): MetadataLayer {
  const written = Object.entries(userMetadata).flatMap(([header, text]) => read(header, text) ?? []);
  refuseTwins(written);
  written.forEach(refuseEncoded);
  return mergeLayers(...written.map(layerOf));
}

function read(header: string, text: string): MetadataSources | undefined {
  if (header.startsWith(PROPERTY_PREFIX)) {
    return { header, name: 'properties', property: header.slice(PROPERTY_PREFIX.length), value: text };
  }
  const name = header.replaceAll('-', '_');
  const { properties } = METADATA_SCHEMA;
  // `properties` itself has no form that fits into a header.
  if (name === 'properties' || !Object.hasOwn(properties, name)) return undefined;
  if (name === 'checksum' && !OUR_CHECKSUM.test(text)) return undefined;
  return { header, name, value: typedAs(text, properties[name as keyof typeof properties]) };
}

/** A header knows nothing but text. What does not read as the schema's type stays text, and is refused as such. */
function typedAs(text: string, schema: JsonSchema): unknown {
  if (schema.enum !== undefined) return text.toLowerCase();
  switch (schema.type) {
    case 'integer':
      return /^\d{1,15}$/.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 'true' || text === 'false' ? text === 'true' : text;
    case 'array':
      return text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
    default:
      return text;
  }
}

/** `min-disk` and `min_disk` are one value. */
function refuseTwins(written: readonly MetadataSources[]): void {
  const seen = new Map<string, string>();
  for (const { header, name, property } of written) {
    const path = pathText(property === undefined ? [name] : [name, property]);
    const other = seen.get(path);
    if (other !== undefined) throw badMetadata(placeOf(header), `says the same as ${placeOf(other)}: keep one of them`);
    seen.set(path, header);
  }
}

function refuseEncoded({ header, value }: MetadataSources): void {
  if (![value].flat().some((text) => isEncodedWord(String(text)))) return;
  throw badMetadata(
    placeOf(header),
    'has letters beyond ASCII, which S3 does not keep as they are: say it in KEY.yaml',
  );
}

function layerOf({ header, name, property, value }: MetadataSources): MetadataLayer {
  const written = Object.fromEntries([
    [name, property === undefined ? value : Object.fromEntries([[property, value]])],
  ]);
  const problem = problemIn(written, METADATA_SCHEMA);
  if (problem !== undefined) throw badMetadata(placeOf(header), problemWords(problem));
  return layerAt(placeOf(header), metadataOf(written));
}

const placeOf = (header: string): string => `x-amz-meta-${excerpt(header)}`;

const ENCODED_WORD = /^=\?[\w-]+\?[BQ]\?.*\?=$/i;

/** RFC 2047, "encoded-word": S3 gives what is not ASCII in this form, and would take such a text from anybody. */
export const isEncodedWord = (text: string): boolean => ENCODED_WORD.test(text);
